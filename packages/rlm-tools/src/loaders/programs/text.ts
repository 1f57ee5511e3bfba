import { convertedText } from "./converted.ts";
import { detectedText } from "./detected-text.ts";

/** A text in an encoding that nobody said. Throws an Error in words for people. */
export function work(bytes: Buffer): string {
  const detected = detectedText(bytes);
  if (detected === undefined) throw new Error("it is not text in any encoding that can be told from it");
  return convertedText(detected.text, detected.notes);
}
