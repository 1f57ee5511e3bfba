import { resolve } from "node:path";
import { InputError } from "./errors.ts";
import { textEncodings, type TextEncoding } from "./text-encoding.ts";

// Registered, so that a second copy of this package knows it too.
const brand: unique symbol = Symbol.for("rlm-core/file");

/** A text file as a context; `path` is absolute. It is never copied: a run refers to it by path, size and hash. */
export interface FileContext {
  readonly kind: "file";
  readonly path: string;
  readonly format: FileFormat;
  readonly encoding?: TextEncoding;
  readonly [brand]: true;
}

/**
 * `text`: a string, or a LongText beyond 500 million characters. `json`: an array or an object; bad JSON is an error when the
 * session opens. `jsonl`: an array of the values of its lines; a line that is not JSON is its text. `csv`: an array of objects, by
 * the names in its first line, with numbers in the columns that hold nothing else; the delimiter is found out.
 * Rows, and JSON beyond 500 million characters, are read from the file as the code asks for them.
 */
export type FileFormat = (typeof fileFormats)[number];
const fileFormats = ["text", "json", "jsonl", "csv"] as const;

export interface FileOptions {
  /** What the code finds: see {@link FileFormat}. @default "text" */
  format?: FileFormat;
  /** @default that of its byte order mark, else "utf-8" */
  encoding?: TextEncoding;
}

/**
 * Takes the text of a file as a context, of any length: the code finds a string up to 500 million characters, and beyond a
 * LongText, which reads as a string does. It is read through when a run starts, a piece at a time, and checked whenever a
 * session opens; this program never holds it.
 */
export function file(path: string, options: FileOptions = {}): FileContext {
  if (typeof path !== "string" || path === "")
    throw new InputError(`Expected file() to get a path, got ${path === "" ? "an empty text" : typeof path}`);
  const unknown = Object.keys(options).find((name) => name !== "format" && name !== "encoding");
  if (unknown !== undefined) throw new InputError(`Unknown option "${unknown}" of file(): expected format or encoding`);
  const { format = "text", encoding } = options;
  if (!fileFormats.includes(format))
    throw new InputError(
      `Expected format of file() to be one of ${fileFormats.join(", ")}, got ${JSON.stringify(format)}`,
    );
  if (encoding !== undefined && !textEncodings.includes(encoding))
    throw new InputError(
      `Expected encoding of file() to be one of ${textEncodings.join(", ")}, got ${JSON.stringify(encoding)}`,
    );
  return { kind: "file", path: resolve(path), format, ...(encoding && { encoding }), [brand]: true };
}

export function isFileContext(value: unknown): value is FileContext {
  return typeof value === "object" && value !== null && brand in value;
}
