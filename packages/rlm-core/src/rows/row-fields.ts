import type { RowFormat } from "./row-index.ts";
import { closingQuote } from "./row-scanner.ts";

/** The fields of a row of comma-separated values, as texts. What is wrong with its quotes is read as it stands, and never an error. */
export function fieldsOf(row: string, delimiter: string): string[] {
  const text = row.endsWith("\r") ? row.slice(0, -1) : row;
  if (!text.includes('"')) return text.split(delimiter);
  const fields: string[] = [];
  for (let at = 0; ;) {
    let quoted = "";
    if (text[at] === '"') {
      const close = closingQuote(text, at + 1);
      quoted = text.slice(at + 1, close < 0 ? undefined : close).replaceAll('""', '"');
      at = close < 0 ? text.length : close + 1;
    }
    const end = text.indexOf(delimiter, at);
    const rest = text.slice(at, end < 0 ? undefined : end);
    // Spaces between a closing quote and the delimiter mean nothing.
    fields.push(at > 0 && text[at - 1] === '"' && rest.trim() === "" ? quoted : quoted + rest);
    if (end < 0) return fields;
    at = end + delimiter.length;
  }
}

/** Whether a row counts for nothing. Finding rows and reading them both ask here: were they of two minds, each row would be taken for another. */
export function isBlankRow(row: string, format: RowFormat, delimiter: string): boolean {
  const first = row.charCodeAt(0);
  if (first > 32 && first < 127 && first !== quoteCode) return false;
  if (format !== "csv") return row.trim() === "";
  if (first !== quoteCode) return row.trim() === "" && !row.includes(delimiter);
  const [field = "", ...more] = fieldsOf(row, delimiter);
  return more.length === 0 && field.trim() === "";
}

const quoteCode = 34;
