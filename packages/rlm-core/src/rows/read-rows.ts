import type { PagedText } from "../paged-text.ts";
import { rowObject } from "./csv-table.ts";
import { isBlankRow } from "./row-fields.ts";
import type { RowIndex, Table } from "./row-index.ts";
import { csvScanner, rowsOf, scanLine } from "./row-scanner.ts";

/** The group that a row is in, as the number of its first row and all its rows as JSON. */
export function readRows(text: PagedText, index: RowIndex, row: number): { first: number; json: string } {
  const { groups, end } = index;
  const group = lastBefore(groups, row);
  const [first, from] = groups[group] ?? [0, 0];
  const part = text.read(from, groups[group + 1]?.[1] ?? end);
  return { first, json: asJson(part, index) };
}

function asJson(part: string, { format, table = noTable }: RowIndex): string {
  // After the last element of a group comes a comma, if another group follows.
  if (format === "json") return `[${part.replace(/,\s*$/, "")}]`;
  const rows = [...rowsOf(part, format === "csv" ? csvScanner(table.delimiter) : scanLine, true)].filter(
    (row) => !isBlankRow(row, format, table.delimiter),
  );
  if (format === "csv") return JSON.stringify(rows.map((row) => rowObject(row, table)));
  return `[${rows.map(jsonOrText).join(",")}]`;
}

const noTable: Table = { delimiter: ",", columns: [] };

// One line that was cut by a crash should not take a whole file with it.
function jsonOrText(line: string): string {
  try {
    JSON.parse(line);
    return line;
  } catch {
    return JSON.stringify(line.replace(/\r$/, ""));
  }
}

function lastBefore(groups: RowIndex["groups"], row: number): number {
  let low = 0;
  for (let high = groups.length - 1; low < high;) {
    const middle = (low + high + 1) >> 1;
    if ((groups[middle]?.[0] ?? 0) <= row) low = middle;
    else high = middle - 1;
  }
  return low;
}
