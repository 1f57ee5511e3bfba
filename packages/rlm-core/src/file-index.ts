import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { filePieces } from "./file-pieces.ts";
import { decodeText, invalidByte, markedEncoding, markLength, type TextEncoding } from "./text-encoding.ts";
import { prefixLength, prefixOf } from "./text-length.ts";

/** What reading a text file through once tells of it. */
export interface FileIndex {
  encoding: TextEncoding;
  /** That of its byte order mark, where it has one. */
  marked: TextEncoding | undefined;
  /** Bytes. */
  size: number;
  /** Nanoseconds since 1970, as digits: when it was written last, as far as the system says. */
  modified: string;
  /** Hex digest of the bytes. */
  sha256: string;
  /** Bytes of the byte order mark. */
  mark: number;
  /** UTF-16 code units of the text. */
  length: number;
  prefix: string;
  /** The first character that is no white space; undefined if there is none. */
  first: string | undefined;
  /** For UTF-8: where pages begin, as bytes in the file and characters in the text; about two megabytes each. Else none. */
  pages: [byte: number, char: number][];
  /** The first byte that is NUL, or that is none of the encoding. */
  flaw?: { at: number; isNul: boolean };
}

/** Reads a file through, a piece at a time, until `signal` aborts; ends at a NUL, unless the encoding is UTF-16. `encoding`: where it has no byte order mark. @default "utf-8" */
export async function indexFile(path: string, encoding?: TextEncoding, signal?: AbortSignal): Promise<FileIndex> {
  await using file = await open(path);
  const { mtimeNs } = await file.stat({ bigint: true });
  const head = Buffer.alloc(4);
  await file.read(head, 0, head.length, 0);
  const marked = markedEncoding(head);
  const used = encoding ?? marked ?? "utf-8";
  const mark = markLength(head, used);
  const hash = createHash("sha256");
  const findInvalid = invalidByte(used);
  const pages: FileIndex["pages"] = [];
  let size = 0;
  let length = 0;
  let opening = "";
  let first: string | undefined;
  let flaw: FileIndex["flaw"];
  const look = (bytes: Buffer, text: string): void => {
    const at = flaw === undefined ? findInvalid(bytes, text) : undefined;
    if (at !== undefined) flaw = { at: size + at, isNul: false };
  };
  for await (const whole of filePieces(file, used)) {
    signal?.throwIfAborted();
    hash.update(whole);
    if (size === 0) size = mark;
    const bytes = size === mark ? whole.subarray(mark) : whole;
    const text = decodeText(bytes, used);
    const nul = unitsAreWide(used) ? text.indexOf("\0") * 2 : bytes.indexOf(0);
    // A NUL says best what the file is, also after bytes that are none of the encoding.
    if (nul >= 0) {
      flaw = { at: size + nul, isNul: true };
      break;
    }
    look(bytes, text);
    if (used === "utf-8") pages.push([size, length]);
    size += bytes.length;
    length += text.length;
    if (opening.length <= prefixLength) opening += text.slice(0, prefixLength + 1);
    first ??= /\S/u.exec(text)?.[0];
  }
  if (flaw?.isNul !== true) look(Buffer.alloc(0), "");
  return {
    encoding: used,
    marked,
    size,
    modified: String(mtimeNs),
    sha256: hash.digest("hex"),
    mark,
    length,
    prefix: prefixOf(opening),
    first,
    pages,
    ...(flaw && { flaw }),
  };
}

function unitsAreWide(encoding: TextEncoding): boolean {
  return encoding.startsWith("utf-16");
}
