import { convertedText } from "./converted.ts";
import { dataText } from "./data-text.ts";

/** Looks whether the lines of a text are JSON. Throws an Error in words for people if none is; its text is read where it is. */
export function work(bytes: Buffer): string {
  let lines = 0;
  const wrong: number[] = [];
  let number = 0;
  for (const line of dataText(bytes).split("\n")) {
    number += 1;
    if (line.trim() === "") continue;
    lines += 1;
    if (!isJson(line)) wrong.push(number);
  }
  if (lines === wrong.length) throw new Error("it is no JSON Lines: none of its lines is JSON");
  if (wrong.length === 0) return convertedText("");
  const shown = wrong.slice(0, 10).join(", ");
  const problem = `${wrong.length} of its ${lines} lines are not JSON and stay texts: ${shown}${wrong.length > 10 ? ", …" : ""}`;
  return convertedText("", { problems: [problem] });
}

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}
