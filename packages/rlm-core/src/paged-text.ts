import { fstatSync, readSync } from "node:fs";
import type { PagedFile } from "./sandbox.ts";
import { decodeText, unitBytes } from "./text-encoding.ts";

/** A text of which parts are read as they are asked for. */
export interface PagedText {
  /** UTF-16 code units. */
  length: number;
  /** Characters from `from` to before `to`. Throws if the file is no longer what it was. */
  read(from: number, to: number): string;
}

/** The text of an open file: whatever is asked for, no more than a few pages of it are in memory. */
export function pagedText(fd: number, file: Omit<PagedFile, "path">): PagedText {
  const { from: first, length, encoding, mark, pages } = file;
  const unit = unitBytes(encoding);
  let buffer = Buffer.alloc(0);
  /** The page that was decoded last. */
  let decoded = { page: -1, text: "" };

  function bytes(from: number, to: number): Buffer {
    const { size, mtimeNs } = fstatSync(fd, { bigint: true });
    if (Number(size) !== file.size || String(mtimeNs) !== file.modified) throw new Error(changedMessage);
    if (buffer.length < to - from) buffer = Buffer.allocUnsafeSlow(to - from);
    for (let filled = 0; filled < to - from;) {
      const count = readSync(fd, buffer, filled, to - from - filled, from + filled);
      if (count === 0) throw new Error(changedMessage);
      filled += count;
    }
    return buffer.subarray(0, to - from);
  }

  /** Of UTF-8: what of the range is in one page. */
  function readPage(page: number, from: number, to: number): string {
    const [byte, char] = pages[page] ?? [0, 0];
    const [nextByte, nextChar] = pages[page + 1] ?? [file.size, file.chars];
    if (nextByte - byte === nextChar - char) return bytes(byte + from - char, byte + to - char).toString("latin1");
    if (decoded.page !== page) decoded = { page, text: decodeText(bytes(byte, nextByte), "utf-8") };
    return decoded.text.slice(from - char, to - char);
  }

  function readUtf8(from: number, to: number): string {
    let text = "";
    let page = lastBefore(pages, from);
    for (let at = from; at < to; page++) {
      const end = Math.min(to, pages[page + 1]?.[1] ?? file.chars);
      text += readPage(page, at, end);
      at = end;
    }
    return text;
  }

  return {
    length,
    read(start, end) {
      const from = Math.max(0, Math.min(start, length)) + first;
      const to = Math.max(0, Math.min(end, length)) + first;
      if (to <= from) return "";
      return unit === undefined
        ? readUtf8(from, to)
        : decodeText(bytes(mark + unit * from, mark + unit * to), encoding);
    },
  };
}

const changedMessage = "Cannot read a context: its file was changed";

/** The last page that begins at the character or before it. */
function lastBefore(pages: PagedFile["pages"], char: number): number {
  let low = 0;
  for (let high = pages.length - 1; low < high;) {
    const middle = (low + high + 1) >> 1;
    if ((pages[middle]?.[1] ?? 0) <= char) low = middle;
    else high = middle - 1;
  }
  return low;
}
