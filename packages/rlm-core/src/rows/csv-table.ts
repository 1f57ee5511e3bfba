import Papa from "papaparse";
import { fieldsOf, isBlankRow } from "./row-fields.ts";
import type { Table } from "./row-index.ts";
import { csvScanner, rowsOf } from "./row-scanner.ts";

/** What the beginning of a file tells of its columns: the delimiter, the names in its first line, and which of them hold numbers only. */
export function guessTable(beginning: string): Table {
  const sample = beginning.slice(0, sampleChars);
  const { delimiter } = Papa.parse<string[]>(sample, {
    delimitersToGuess: [",", "\t", "|", ";"],
    newline: "\n",
    // Counted, the one after the last line end would make a short table of two columns one of one.
    skipEmptyLines: true,
    preview: 1,
  }).meta;
  // The last line may be cut.
  const rows = [...rowsOf(sample, csvScanner(delimiter), sample.length === beginning.length)];
  const [names = [], ...values] = rows
    .filter((row) => !isBlankRow(row, "csv", delimiter))
    .map((row) => fieldsOf(row, delimiter));
  return {
    delimiter,
    columns: distinct(names).map((name, index) => {
      const given = values.flatMap((fields) => (fields[index]?.trim() ? [fields[index]] : []));
      return { name, numeric: given.length > 0 && given.every(isNumber) };
    }),
  };
}

/** A row as an object. What it has beyond the columns is under `column_N`; what it lacks is left out. */
export function rowObject(row: string, { delimiter, columns }: Table): object {
  return Object.fromEntries(
    fieldsOf(row, delimiter).map((field, index) => {
      const { name, numeric } = columns[index] ?? { name: nameOfRest(index, columns), numeric: false };
      return [name, numeric && isNumber(field) ? Number(field) : field];
    }),
  );
}

function nameOfRest(index: number, columns: Table["columns"]): string {
  return unused(`column_${index + 1}`, (name) => columns.some((column) => column.name === name));
}

// Not what would come back as another text: a postal code with zeros before it, an id of twenty digits.
function isNumber(text: string): boolean {
  return /^-?(0|[1-9]\d{0,14})(\.\d{1,20})?(e[+-]?\d{1,3})?$/i.test(text.trim()) && Number.isFinite(Number(text));
}

function distinct(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((given, index) => {
    const name = unused(given.trim() === "" ? `column_${index + 1}` : given.trim(), (one) => taken.has(one));
    taken.add(name);
    return name;
  });
}

function unused(name: string, isTaken: (name: string) => boolean): string {
  let free = name;
  for (let times = 2; isTaken(free); times++) free = `${name}_${times}`;
  return free;
}

const sampleChars = 1_000_000;
