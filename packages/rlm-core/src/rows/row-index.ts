/** How a file holds rows: a JSON value a line, comma-separated values with a line of names first, or one JSON array. */
export type RowFormat = "jsonl" | "csv" | "json";

/** Where the rows of a text are, so that any of them is found by reading a small part. */
export interface RowIndex {
  format: RowFormat;
  count: number;
  /** Where groups of rows begin: the number of the first row, from 0, and its character. About 260,000 characters each. */
  groups: [row: number, char: number][];
  /** The character where the last row ends. */
  end: number;
  /** Of comma-separated values. */
  table?: Table;
}

export interface Table {
  delimiter: string;
  columns: Column[];
}

export interface Column {
  name: string;
  /** Whether its values are given as numbers: what is none stays a text. */
  numeric: boolean;
}

/** Where the values of a JSON object are: from the first character to before the last. */
export type ObjectIndex = [key: string, from: number, to: number][];
