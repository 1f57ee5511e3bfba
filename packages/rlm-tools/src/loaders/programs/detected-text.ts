import { analyse } from "chardet";
import type { ConvertedNotes } from "./converted.ts";

export interface Detected {
  text: string;
  notes: ConvertedNotes;
}

/** Bytes that are no UTF-8, as a text: damaged UTF-8 if more of it is right than wrong, else the likeliest encoding by the bytes, if one is likely enough. */
export function detectedText(bytes: Uint8Array): Detected | undefined {
  const utf8 = damagedUtf8(bytes);
  if (utf8 !== undefined) return utf8;
  for (const { name, confidence } of analyse(sampleOf(bytes))) {
    if (confidence < leastConfidence) break;
    const text = decode(bytes, name);
    if (text !== undefined && !hasControls(text) && !isDrawn(text)) return { text, notes: { encoding: name } };
  }
  return undefined;
}

// Of 100, as chardet counts.
const leastConfidence = 30;

function damagedUtf8(bytes: Uint8Array): Detected | undefined {
  const decoded = new TextDecoder().decode(bytes);
  const wrong = count(decoded, /\ufffd/g);
  if (wrong >= count(decoded, /[^\p{ASCII}\ufffd]/gu) || hasControls(decoded)) return undefined;
  const problems = [
    `${wrong} ${wrong === 1 ? "place is" : "places are"} no UTF-8 and ${wrong === 1 ? "stands" : "stand"} as U+FFFD`,
  ];
  return { text: decoded, notes: { problems } };
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

/** What short East Asian texts look like in KOI8-R. */
function isDrawn(text: string): boolean {
  return count(text, /[\u2500-\u259f]/g) * 10 > count(text, /\P{ASCII}/gu);
}

/** Its beginning, middle and end, for a legal notice in English may be the beginning of any text. */
function sampleOf(bytes: Uint8Array): Uint8Array {
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

function decode(bytes: Uint8Array, encoding: string): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    // Not this one, or one that nobody decodes.
    return undefined;
  }
}
