import { checkOptions } from "../check-options.ts";
import { visit } from "jsonc-parser";
import Papa from "papaparse";
import type { Piece } from "./chunks.ts";
import { textOf } from "./given.ts";
import { graphemes } from "./graphemes.ts";

/** A row of a table or a list, as it stands in the text. */
export interface Row extends Piece {
  /** Of CSV and TSV by the names of the header, or a list without one; of JSON the element; undefined where `error` is set. */
  value: unknown;
  /** Why it could not be read. */
  error?: string;
}

export interface RowsOptions {
  /** @default what the text looks like */
  format?: "csv" | "tsv" | "json" | "jsonl";
  /** Of CSV and TSV: whether the first row has the names. @default true */
  header?: boolean;
}

const formats = ["csv", "tsv", "json", "jsonl"];

/** The rows of CSV, TSV (also with line breaks in quotes) or JSON Lines, or the elements of a JSON array, with their places; without the header and blank rows. */
export function rows(given: string, options: RowsOptions = {}): Row[] {
  const text = textOf(given, "rows");
  const { format = formatOf(text), header = true } = checkOptions<RowsOptions>(options, "decompose.rows", [
    "format",
    "header",
  ]);
  if (!formats.includes(format))
    throw new RangeError(`decompose.rows: expected format to be ${formats.join(", ")}, got ${JSON.stringify(format)}`);
  if (format === "json") return elements(text);
  return format === "jsonl" ? jsonLines(text) : table(text, format === "tsv" ? "\t" : "", header);
}

function formatOf(text: string): NonNullable<RowsOptions["format"]> {
  const begin = text.trimStart();
  if (begin.startsWith("[") && !/^\[[^\n]*\][ \t]*\r?\n[ \t]*[[{]/.test(begin)) return "json";
  if (begin.startsWith("{") || begin.startsWith("[")) return "jsonl";
  const [first = ""] = begin.split("\n", 1);
  return first.includes("\t") && !first.includes(",") ? "tsv" : "csv";
}

function table(text: string, delimiter: string, header: boolean): Row[] {
  const found: Row[] = [];
  let names: string[] | undefined;
  // Papa counts without it.
  const offset = text.startsWith("\ufeff") ? 1 : 0;
  let start = offset;
  const characterAt = graphemes(text);
  Papa.parse<string[]>(text, {
    delimiter,
    newline: newlineOf(text),
    step: ({ data, errors, meta }) => {
      const { end } = characterAt(offset + meta.cursor);
      const place = { text: text.slice(start, end), start, end };
      start = end;
      if (place.text.trim() === "") return;
      if (header && names === undefined) {
        names = data;
        return;
      }
      const value =
        names === undefined ? data : Object.fromEntries(data.map((cell, at) => [names?.[at] ?? `${at}`, cell]));
      const [problem] = errors.filter(({ code }) => code !== "UndetectableDelimiter");
      found.push({ ...place, value, ...(problem && { error: problem.message }) });
    },
  });
  return found;
}

/** As Papa finds it, outside of quotes in the first million characters; but CR is a line's end only where there is no LF, so that CR LF is one. */
function newlineOf(text: string): "\n" | "\r\n" | "\r" {
  const bare = text.slice(0, 1_000_000).replaceAll(/"[^"]*"/g, "");
  const feed = bare.indexOf("\n");
  if (feed < 0) return bare.includes("\r") ? "\r" : "\n";
  return bare[feed - 1] === "\r" ? "\r\n" : "\n";
}

function jsonLines(text: string): Row[] {
  const found: Row[] = [];
  for (let start = 0; start < text.length;) {
    const feed = text.indexOf("\n", start);
    const end = feed < 0 ? text.length : feed + 1;
    const line = text.slice(start, end);
    if (line.trim() !== "") found.push({ text: line, start, end, ...read(line) });
    start = end;
  }
  return found;
}

function elements(text: string): Row[] {
  const found: Row[] = [];
  let depth = 0;
  let start = 0;
  let problem: string | undefined;
  const characterAt = graphemes(text);
  const take = (first: number, last: number): void => {
    // In what is no JSON a character may reach over an element's end.
    const from = characterAt(first).start;
    const to = characterAt(last).end;
    found.push({ text: text.slice(from, to), start: from, end: to, ...read(text.slice(from, to)) });
  };
  const open = (offset: number): void => {
    depth += 1;
    if (depth === 2) start = offset;
  };
  const close = (offset: number, length: number): void => {
    if (depth === 2) take(start, offset + length);
    depth -= 1;
  };
  visit(text, {
    onArrayBegin: open,
    onArrayEnd: close,
    onObjectBegin: open,
    onObjectEnd: close,
    onLiteralValue: (_value, offset, length) => {
      if (depth === 1) take(offset, offset + length);
    },
    onError: (_code, offset) => {
      problem ??= `it is no JSON at offset ${offset}`;
    },
  });
  if (problem !== undefined && found.length === 0)
    throw new SyntaxError(`decompose.rows: cannot read the text as a JSON array: ${problem}`);
  return found;
}

function read(json: string): Pick<Row, "value" | "error"> {
  try {
    return { value: JSON.parse(json) };
  } catch (error) {
    return { value: undefined, error: error instanceof Error ? error.message : String(error) };
  }
}
