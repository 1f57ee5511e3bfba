import { isUtf8 } from "node:buffer";

/** Where bytes that are not UTF-8 stop being it: the place of the first byte of what is no character. */
export function firstInvalid(bytes: Buffer): number {
  // Whole characters at a time until one window is not UTF-8, then by halves.
  let start = 0;
  for (;;) {
    let end = Math.min(start + windowLength, bytes.length);
    while (end < bytes.length && end > start + 4 && isContinuation(bytes[end])) end -= 1;
    if (!isUtf8(bytes.subarray(start, end))) return start + validLength(bytes.subarray(start, end));
    start = end;
  }
}

const windowLength = 65_536;

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
