import { isUtf8 } from "node:buffer";
import { readFile, stat } from "node:fs/promises";
import { InputError, RlmError } from "./errors.ts";
import { sha256 } from "./hash.ts";
import { maxContextLength } from "./text-length.ts";

/** What the reference of a file holds, after `file:`, as JSON. */
interface FileVersion {
  path: string;
  /** Bytes. */
  size: number;
  /** Hex digest of the bytes. */
  sha256: string;
}

/** Reads a file that the user named. Throws {@link InputError} if it is not there or not UTF-8 text. */
export async function readContextFile(path: string): Promise<{ text: string; ref: string }> {
  const bytes = await readBytes(path).catch((cause: unknown) => {
    if (cause instanceof InputError) throw cause;
    throw new InputError(`Cannot read context file ${path}: ${reason(cause)}`, { cause });
  });
  const version: FileVersion = { path, size: bytes.length, sha256: sha256(bytes) };
  return { text: decode(bytes, path), ref: `file:${JSON.stringify(version)}` };
}

/** Reads the file of a `file:` reference again. Throws {@link RlmError} with code "store" if it is no longer the same. */
export async function reopenContextFile(ref: string): Promise<string> {
  const { path, size, sha256: hash } = parseFileRef(ref);
  const changed = `Cannot open context file ${path}: it changed since the run began`;
  const found = await stat(path).catch(gone(path));
  if (found.size !== size) throw new RlmError("store", `${changed} (${size} bytes then, ${found.size} now)`);
  const bytes = await readFile(path).catch(gone(path));
  if (sha256(bytes) !== hash) throw new RlmError("store", `${changed} (its hash differs)`);
  return decode(bytes, path);
}

function gone(path: string): (cause: unknown) => never {
  return (cause) => {
    throw new RlmError("store", `Cannot open context file ${path}: ${reason(cause)}`, { cause });
  };
}

function parseFileRef(ref: string): FileVersion {
  try {
    const { path, size, sha256: hash } = JSON.parse(ref.slice("file:".length)) as Partial<FileVersion>;
    if (typeof path === "string" && typeof size === "number" && typeof hash === "string")
      return { path, size, sha256: hash };
  } catch {
    // Told below, like a reference that is JSON of something else.
  }
  throw new RlmError("store", `Cannot open context: ${JSON.stringify(ref.slice(0, 200))} is not a reference of a file`);
}

async function readBytes(path: string): Promise<Buffer> {
  const found = await stat(path);
  if (found.isDirectory())
    throw new InputError(
      `Cannot read context file ${path}: it is a folder; name its files one by one, as named({ first: file("…"), … })`,
    );
  if (!found.isFile())
    throw new InputError(`Cannot read context file ${path}: it is not a regular file; copy its text into one first`);
  // No character takes more than three bytes a UTF-16 unit, so nothing that would fit is refused here.
  if (found.size > 3 * maxContextLength)
    throw new InputError(tooLong(path, `${found.size.toLocaleString("en")} bytes`));
  return await readFile(path);
}

// A leading byte order mark is left out.
function decode(bytes: Buffer, path: string): string {
  const zero = bytes.indexOf(0);
  if (zero >= 0)
    throw new InputError(
      `Cannot read context file ${path}: byte ${zero} is NUL, so it is not text; convert it first (UTF-16: iconv -f UTF-16 -t UTF-8)`,
    );
  if (!isUtf8(bytes))
    throw new InputError(
      `Cannot read context file ${path}: it is not UTF-8 from byte ${firstInvalid(bytes)} on; convert it first (iconv -f LATIN1 -t UTF-8, or what it is in)`,
    );
  try {
    const text = new TextDecoder().decode(bytes);
    if (text.length <= maxContextLength) return text;
  } catch (cause) {
    throw new InputError(tooLong(path, `${bytes.length.toLocaleString("en")} bytes`), { cause });
  }
  throw new InputError(tooLong(path, `${bytes.length.toLocaleString("en")} bytes`));
}

function tooLong(path: string, size: string): string {
  return `Cannot read context file ${path}: it has ${size}, more than the ${maxContextLength.toLocaleString("en")} characters of one context; split it into files and pass named({ part1: file("…"), … })`;
}

const windowLength = 65_536;

// Whole characters at a time until one window is not UTF-8, then by halves.
function firstInvalid(bytes: Buffer): number {
  let start = 0;
  for (;;) {
    let end = Math.min(start + windowLength, bytes.length);
    while (end < bytes.length && end > start + 4 && isContinuation(bytes[end])) end -= 1;
    if (!isUtf8(bytes.subarray(start, end))) return start + validLength(bytes.subarray(start, end));
    start = end;
  }
}

function validLength(bytes: Buffer): number {
  let valid = 0;
  let invalid = bytes.length;
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >> 1;
    if (mayGoOn(bytes.subarray(0, middle))) valid = middle;
    else invalid = middle;
  }
  // Back to where the character begins.
  while (!isUtf8(bytes.subarray(0, valid))) valid -= 1;
  return valid;
}

function mayGoOn(bytes: Buffer): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

function reason(cause: unknown): string {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "ENOENT" || code === "ENOTDIR") return "there is no such file";
  if (code === "EACCES" || code === "EPERM") return "this user may not read it";
  return String(cause);
}
