import { nameOf } from "../check-options.ts";
import type { Piece } from "./chunks.ts";
import { isLongText, textOf } from "./given.ts";

/** What one speaker says until the next one begins. */
export interface Turn extends Piece {
  /** "" for what stands before the first speaker. */
  speaker: string;
}

/** Of a list of messages: which one it is in place of offsets. */
export interface MessageTurn {
  speaker: string;
  text: string;
  index: number;
}

// A time of day may stand before the name or behind it: "[10:02] Ann: hello", "Ann (10:02:11): hello".
const time = String.raw`[[(]?\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d+)?(?: ?[ap]m)?[\])]?`;
const speakerLine = new RegExp(
  String.raw`^[ \t>*_-]{0,6}(?:${time}[ \t]+)?(?:-[ \t]+)?([\p{L}\p{N}][\p{L}\p{M}\p{N} .,'’&()_-]{0,50}?)[*_]{0,2}(?:[ \t]+${time})?[*_]{0,2}:[*_]{0,2}(?=[ \t]|\r?$)`,
  "u",
);

/** The turns of a transcript ("Name: text", with or without times), together the text; or of a list of messages, `{ role | speaker | name, content | text }`. */
export function turns(given: string): Turn[];
export function turns(given: readonly object[]): MessageTurn[];
export function turns(given: unknown): Turn[] | MessageTurn[] {
  if (Array.isArray(given)) return given.map(messageTurn);
  if (isLongText(given)) textOf(given, "turns");
  if (typeof given !== "string")
    throw new TypeError(`decompose.turns: expected a string or an array of messages, got ${nameOf(given)}`);
  const found: Turn[] = [];
  let open = { speaker: "", start: 0 };
  const close = (end: number): void => {
    if (end > open.start) found.push({ ...open, text: given.slice(open.start, end), end });
  };
  for (let start = 0; start < given.length;) {
    const feed = given.indexOf("\n", start);
    const next = feed < 0 ? given.length : feed + 1;
    const speaker = speakerLine.exec(given.slice(start, Math.min(next, start + 120)).replace(/\n$/, ""))?.[1];
    if (speaker !== undefined) {
      close(start);
      open = { speaker: speaker.trim(), start };
    }
    start = next;
  }
  close(given.length);
  return found;
}

function messageTurn(message: unknown, index: number): MessageTurn {
  if (typeof message !== "object" || message === null)
    throw new TypeError(`decompose.turns: expected messages[${index}] to be an object, got ${nameOf(message)}`);
  const { role, speaker, name, from, type, content, text, message: said } = message as Record<string, unknown>;
  const words = content ?? text ?? said ?? "";
  return {
    speaker: [speaker, name, role, from, type].find((value) => typeof value === "string") ?? "",
    text: typeof words === "string" ? words : JSON.stringify(words),
    index,
  };
}
