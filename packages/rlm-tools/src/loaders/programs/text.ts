import { analyse } from "chardet";
import { convertedText } from "./converted.ts";

/** A text in an encoding that nobody said: the likeliest by its bytes, if that is likely enough. */
export default function text(bytes: Buffer): string {
  for (const { name, confidence } of analyse(sampleOf(bytes))) {
    if (confidence < leastConfidence) break;
    const decoded = decode(bytes, name);
    // What is no text has control characters in any encoding.
    if (decoded !== undefined && !/[\0-\x08\x0e-\x1a\x1c-\x1f\x7f]/.test(decoded))
      return convertedText(decoded, { encoding: name });
  }
  throw new Error("it is not text in any encoding that can be told from it");
}

// Of 100, as chardet counts.
const leastConfidence = 30;

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
