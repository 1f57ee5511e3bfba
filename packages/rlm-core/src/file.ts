import { resolve } from "node:path";
import { InputError } from "./errors.ts";

// Registered, so that a second copy of this package knows it too.
const brand: unique symbol = Symbol.for("rlm-core/file");

/** A text file as a context; `path` is absolute. It is never copied: a run refers to it by path, size and hash. */
export interface FileContext {
  readonly kind: "file";
  readonly path: string;
  readonly [brand]: true;
}

/** Takes the UTF-8 text of a file as a context. It is read when a run starts and checked again whenever it is opened. */
export function file(path: string): FileContext {
  if (typeof path !== "string" || path === "")
    throw new InputError(`Expected file() to get a path, got ${path === "" ? "an empty text" : typeof path}`);
  return { kind: "file", path: resolve(path), [brand]: true };
}

export function isFileContext(value: unknown): value is FileContext {
  return typeof value === "object" && value !== null && brand in value;
}
