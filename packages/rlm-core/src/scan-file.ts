import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import { open, stat } from "node:fs/promises";
import { InputError } from "./errors.ts";
import { decodeUtf8, filePieces } from "./file-pieces.ts";
import { fileRef, unreadable, withoutMark } from "./file-text.ts";
import { firstInvalid } from "./first-invalid.ts";
import { maxContextLength, prefixOf, prefixLength } from "./text-length.ts";

/** What a run has to know of a file's text. */
export interface FileScan {
  ref: string;
  /** UTF-16 code units. */
  length: number;
  prefix: string;
  /** The first character that is no white space; undefined if there is none. */
  first: string | undefined;
}

/** Reads a file that the user named once through, a piece at a time. Throws {@link InputError} if it is not there or not UTF-8 text. */
export async function scanContextFile(path: string): Promise<FileScan> {
  try {
    checkKind(path, await stat(path));
    await using file = await open(path);
    return await scan(path, filePieces(file, "utf8"));
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    throw new InputError(`Cannot read context file ${path}: ${unreadable(cause)}`, { cause });
  }
}

function checkKind(path: string, found: Awaited<ReturnType<typeof stat>>): void {
  if (found.isDirectory())
    throw new InputError(
      `Cannot read context file ${path}: it is a folder; name its files one by one, as named({ first: file("…"), … })`,
    );
  if (!found.isFile())
    throw new InputError(`Cannot read context file ${path}: it is not a regular file; copy its text into one first`);
  checkBytes(path, Number(found.size));
}

// No character takes more than three bytes a UTF-16 unit, so nothing that would fit is refused here.
function checkBytes(path: string, size: number): void {
  if (size > 3 * maxContextLength) throw tooLong(path, size);
}

async function scan(path: string, pieces: AsyncIterable<Buffer>): Promise<FileScan> {
  const hash = createHash("sha256");
  let size = 0;
  let length = 0;
  let head = "";
  let first: string | undefined;
  let invalid: number | undefined;
  for await (const bytes of pieces) {
    const zero = bytes.indexOf(0);
    if (zero >= 0)
      throw new InputError(
        `Cannot read context file ${path}: byte ${size + zero} is NUL, so it is not text; convert it first (UTF-16: iconv -f UTF-16 -t UTF-8)`,
      );
    // Told at the end: a NUL further on says better what the file is.
    if (invalid === undefined && !isUtf8(bytes)) invalid = size + firstInvalid(bytes);
    hash.update(bytes);
    const text = decodeUtf8(size === 0 ? withoutMark(bytes) : bytes);
    size += bytes.length;
    length += text.length;
    if (head.length <= prefixLength) head += text.slice(0, prefixLength + 1);
    first ??= /\S/u.exec(text)?.[0];
    checkBytes(path, size);
  }
  if (invalid !== undefined)
    throw new InputError(
      `Cannot read context file ${path}: it is not UTF-8 from byte ${invalid} on; convert it first (iconv -f LATIN1 -t UTF-8, or what it is in)`,
    );
  if (length > maxContextLength) throw tooLong(path, size);
  return { ref: fileRef({ path, size, sha256: hash.digest("hex") }), length, prefix: prefixOf(head), first };
}

function tooLong(path: string, size: number): InputError {
  return new InputError(
    `Cannot read context file ${path}: it has ${size.toLocaleString("en")} bytes, more than the ${maxContextLength.toLocaleString("en")} characters of one context; split it into files and pass named({ part1: file("…"), … })`,
  );
}
