import { resolve } from "node:path";
import { InputError } from "./errors.ts";
import { textEncodings, type TextEncoding } from "./text-encoding.ts";

// Registered, so that a second copy of this package knows it too.
const brand: unique symbol = Symbol.for("rlm-core/file");

/** A text file as a context; `path` is absolute. It is never copied: a run refers to it by path, size and hash. */
export interface FileContext {
  readonly kind: "file";
  readonly path: string;
  /** Whether the code finds the parsed JSON of the text. */
  readonly json: boolean;
  readonly encoding?: TextEncoding;
  readonly [brand]: true;
}

export interface FileOptions {
  /** The text is JSON, an array or an object: the code finds it parsed. It is parsed in the sandbox, so bad JSON is an error when the session opens. @default false */
  json?: boolean;
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
  const unknown = Object.keys(options).find((name) => name !== "json" && name !== "encoding");
  if (unknown !== undefined) throw new InputError(`Unknown option "${unknown}" of file(): expected json or encoding`);
  const { json = false, encoding } = options;
  if (typeof json !== "boolean")
    throw new InputError(`Expected json of file() to be true or false, got ${typeof json}`);
  if (encoding !== undefined && !textEncodings.includes(encoding))
    throw new InputError(
      `Expected encoding of file() to be one of ${textEncodings.join(", ")}, got ${JSON.stringify(encoding)}`,
    );
  return { kind: "file", path: resolve(path), json, ...(encoding && { encoding }), [brand]: true };
}

export function isFileContext(value: unknown): value is FileContext {
  return typeof value === "object" && value !== null && brand in value;
}
