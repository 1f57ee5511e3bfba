import { analyse } from "chardet";
import { convertedText } from "./converted.ts";

/** A text in an encoding that nobody said: damaged UTF-8 if more of it is right than wrong, else the likeliest by its bytes, if that is likely enough. Throws an Error in words for people. */
export function work(bytes: Buffer): string {
  const utf8 = damagedUtf8(bytes);
  if (utf8 !== undefined) return utf8;
  for (const { name, confidence } of analyse(sampleOf(bytes))) {
    if (confidence < leastConfidence) break;
    const decoded = decode(bytes, name);
    if (decoded !== undefined && !hasControls(decoded)) return convertedText(decoded, { encoding: name });
  }
  throw new Error("it is not text in any encoding that can be told from it");
}

// Of 100, as chardet counts.
const leastConfidence = 30;

function damagedUtf8(bytes: Buffer): string | undefined {
  const decoded = new TextDecoder().decode(bytes);
  const wrong = count(decoded, /\ufffd/g);
  if (wrong >= count(decoded, /[^\p{ASCII}\ufffd]/gu) || hasControls(decoded)) return undefined;
  const problems = [
    `${wrong} ${wrong === 1 ? "place is" : "places are"} no UTF-8 and ${wrong === 1 ? "stands" : "stand"} as U+FFFD`,
  ];
  return convertedText(decoded, { problems });
}

function count(text: string, pattern: RegExp): number {
  let found = 0;
  pattern.lastIndex = 0;
  while (pattern.test(text)) found += 1;
  return found;
}

/** What is no text has some in any encoding. */
function hasControls(text: string): boolean {
  return /[\0-\x08\x0e-\x1a\x1c-\x1f\x7f]/.test(text);
}

/** Its beginning, middle and end, for a legal notice in English may be the beginning of any text. */
function sampleOf(bytes: Buffer): Uint8Array {
  if (bytes.length <= 3 * sampleBytes) return bytes;
  const middle = Math.floor(bytes.length / 4) * 2;
  const end = Math.floor(bytes.length / 4) * 4 - sampleBytes;
  return Buffer.concat([
    bytes.subarray(0, sampleBytes),
    bytes.subarray(middle, middle + sampleBytes),
    bytes.subarray(end, end + sampleBytes),
  ]);
}

const sampleBytes = 65_536;

function decode(bytes: Buffer, encoding: string): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    // Not this one, or one that nobody decodes.
    return undefined;
  }
}
