import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";

/**
 * Appends a line. It is synchronous: appends keep their order without a queue, and one costs less than a hop to another thread.
 * What a crash or a full disk left of an earlier line is cut away first; if this line does not fit, nothing of it stays.
 */
export function appendLine(path: string, line: string): void {
  const file = openSync(path, "a+", 0o600);
  try {
    const start = cutToLines(file);
    try {
      writeWhole(file, Buffer.from(`${line}\n`, "utf8"));
    } catch (error) {
      // If this fails too, the next append or read sees a line without its end and leaves it out.
      ftruncateSync(file, start);
      throw error;
    }
  } finally {
    closeSync(file);
  }
}

/** The lines that are whole: one without its end is what a crash left. */
export function wholeLines(text: string): string[] {
  return text.split("\n").slice(0, -1);
}

function writeWhole(file: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written);
}

/** Cuts the file after its last line end and returns its size. */
export function cutToLines(file: number): number {
  const { size } = fstatSync(file);
  const piece = Buffer.alloc(1);
  if (size === 0 || (readSync(file, piece, 0, 1, size - 1) === 1 && piece[0] === lineEnd)) return size;
  const end = lastLineEnd(file, size) + 1;
  ftruncateSync(file, end);
  return end;
}

const lineEnd = 0x0a;

function lastLineEnd(file: number, size: number): number {
  const piece = Buffer.alloc(65_536);
  for (let end = size; end > 0;) {
    const start = Math.max(0, end - piece.length);
    const read = readSync(file, piece, 0, end - start, start);
    const found = piece.subarray(0, read).lastIndexOf(lineEnd);
    if (found >= 0) return start + found;
    end = start;
  }
  return -1;
}
