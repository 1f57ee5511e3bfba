import { convertedText } from "./converted.ts";
import { dataText } from "./data-text.ts";

/** Looks whether a text is JSON. Throws an Error in words for people; its text is read where it is. */
export function work(bytes: Buffer): string {
  let value: unknown;
  try {
    value = JSON.parse(dataText(bytes));
  } catch (cause) {
    // Without the words around it, which may be a secret.
    const [place = ""] = /\(line \d+ column \d+\)/.exec(String(cause)) ?? [];
    throw new Error(`it is no JSON ${place}`.trimEnd(), { cause });
  }
  if (typeof value !== "object" || value === null) throw new Error("it is neither a JSON array nor an object");
  return convertedText("");
}
