import Papa from "papaparse";
import type { Table } from "./row-index.ts";

/** The fields of lines of comma-separated values, as texts; blank lines left out. */
function parseFields(text: string, delimiter: string): string[][] {
  return Papa.parse<string[]>(text, { delimiter }).data.filter(isRow);
}

function isRow([first = "", ...rest]: string[]): boolean {
  return rest.length > 0 || first.trim() !== "";
}

/** What the beginning of a file tells of its columns: the delimiter, the names in its first line, and which of them hold numbers only. */
export function guessTable(beginning: string): Table {
  const sample = beginning.slice(0, sampleChars);
  const { data, meta } = Papa.parse<string[]>(sample, {
    delimitersToGuess: [",", "\t", "|", ";"],
  });
  // The last line may be cut.
  const [names = [], ...rows] = sample.length < beginning.length ? data.slice(0, -1).filter(isRow) : data.filter(isRow);
  return {
    delimiter: meta.delimiter,
    columns: distinct(names).map((name, index) => {
      const values = rows.flatMap((row) => (row[index]?.trim() ? [row[index]] : []));
      return { name, numeric: values.length > 0 && values.every(isNumber) };
    }),
  };
}

/** Rows as JSON objects. What a row has beyond the columns is under `column_N`; what it lacks is left out. */
export function rowsAsJson(text: string, { delimiter, columns }: Table): string {
  const rows = parseFields(text, delimiter).map((fields) =>
    Object.fromEntries(
      fields.map((field, index) => {
        const column = columns[index] ?? { name: `column_${index + 1}`, numeric: false };
        return [column.name, column.numeric && isNumber(field) ? Number(field) : field];
      }),
    ),
  );
  return JSON.stringify(rows);
}

// Not what would come back as another text: a postal code with zeros before it, an id of twenty digits.
function isNumber(text: string): boolean {
  return /^-?(0|[1-9]\d{0,14})(\.\d{1,15})?(e[+-]?\d{1,3})?$/i.test(text.trim());
}

function distinct(names: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return names.map((given, index) => {
    const name = given.trim() === "" ? `column_${index + 1}` : given.trim();
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    return times === 1 ? name : `${name}_${times}`;
  });
}

const sampleChars = 1_000_000;
