import { isAscii, isUtf8 } from "node:buffer";
import { firstInvalid } from "./first-invalid.ts";

/** The encodings of text files. `latin1` is ISO 8859-1: every byte is the character of its number. */
export const textEncodings = ["utf-8", "utf-16le", "utf-16be", "latin1"] as const;
export type TextEncoding = (typeof textEncodings)[number];

/** The encoding that a byte order mark names; undefined without one. UTF-16 has to have one, or to be named by the user. */
export function markedEncoding(head: Buffer): TextEncoding | undefined {
  return textEncodings.find((encoding) => markOf(encoding).length > 0 && startsWith(head, markOf(encoding)));
}

/** Bytes of the byte order mark that a file of this encoding begins with. */
export function markLength(head: Buffer, encoding: TextEncoding): number {
  const mark = markOf(encoding);
  return mark.length > 0 && startsWith(head, mark) ? mark.length : 0;
}

/** Bytes of each character, where it is the same for all. */
export function unitBytes(encoding: TextEncoding): 1 | 2 | undefined {
  if (encoding === "utf-8") return undefined;
  return encoding === "latin1" ? 1 : 2;
}

/** Whole characters as a text; quick where they are ASCII. What is no character of the encoding becomes U+FFFD or half a pair: see {@link invalidByte}. */
export function decodeText(bytes: Buffer, encoding: TextEncoding): string {
  if (encoding === "latin1") return bytes.toString("latin1");
  if (encoding === "utf-16le") return bytes.toString("utf16le");
  if (encoding === "utf-16be")
    return Buffer.from(bytes.subarray(0, bytes.length & ~1))
      .swap16()
      .toString("utf16le");
  return bytes.toString(isAscii(bytes) ? "latin1" : "utf8");
}

/** Finds the first byte that is none of the encoding, in piece after piece and at last in an empty one: a pair may be cut by the end of a piece. */
export function invalidByte(encoding: TextEncoding): (bytes: Buffer, text: string) => number | undefined {
  if (encoding === "latin1") return () => undefined;
  if (encoding === "utf-8") return (bytes) => (isUtf8(bytes) ? undefined : firstInvalid(bytes));
  let high = "";
  return (bytes, text) => {
    const whole = high + text;
    const before = high.length;
    const last = whole.charCodeAt(whole.length - 1);
    high = text !== "" && last >= 0xd800 && last <= 0xdbff ? whole.slice(-1) : "";
    const checked = high === "" ? whole : whole.slice(0, -1);
    if (!checked.isWellFormed()) return 2 * (firstHalf(checked) - before);
    // Only the last piece may end so.
    return bytes.length % 2 === 1 ? bytes.length - 1 : undefined;
  };
}

function markOf(encoding: TextEncoding): readonly number[] {
  return { "utf-8": [0xef, 0xbb, 0xbf], "utf-16le": [0xff, 0xfe], "utf-16be": [0xfe, 0xff], latin1: [] }[encoding];
}

function startsWith(bytes: Buffer, mark: readonly number[]): boolean {
  return mark.every((byte, index) => bytes[index] === byte);
}

function firstHalf(text: string): number {
  return text.search(/\p{Surrogate}/u);
}
