import { parse, parseExpressionAt } from "acorn";
import { InputError } from "./errors.ts";

/** What of a model's reply is run, and what it has to be told about the rest. */
export interface ParsedReply {
  code?: string;
  hint?: string;
}

/**
 * Finds the code in a reply, leniently: fences `repl`, `js`, `javascript`, `ts`, `typescript` (or no language, if there
 * is no other), fences inside of code, `<think>` parts dropped, also unclosed ones, and a bare `FINAL(…)` or
 * `FINAL_VAR(…)` line where there is no block at all. Only the first block counts: later ones are often written
 * for an output that the model has only imagined.
 */
export function parseReply(reply: string): ParsedReply {
  const text = withoutThinking(reply);
  const blocks = findBlocks(text);
  const tagged = blocks.filter((block) => languages.has(block.language));
  const usable = tagged.length > 0 ? tagged : blocks.filter((block) => block.language === "");
  const [first] = usable;
  if (first !== undefined && first.code.trim() !== "") {
    if (usable.length === 1) return { code: first.code };
    return {
      code: first.code,
      hint: `Only the first of your ${usable.length} blocks was run: write one block a turn.`,
    };
  }
  const final = bareFinal(text);
  if (final !== undefined) return { code: final };
  if (text.trim() === "") return { hint: "Your reply was empty, so nothing was run. Write one ```repl block." };
  return {
    hint: "Your reply had no code, so nothing was run. Write one ```repl block; to end, call FINAL(value) in it.",
  };
}

/** A reply without its `<think>` parts; an unclosed one goes to the end. */
export function withoutThinking(reply: string): string {
  // Behind the last end of a part no part is closed; searched all the same, each of many beginnings would look to the end.
  const end = Math.max(reply.lastIndexOf("</think>"), reply.lastIndexOf("</thinking>")) + "</thinking>".length;
  const closed = reply.slice(0, end).replaceAll(/<think(?:ing)?>[\s\S]*?<\/think(?:ing)?>/g, "") + reply.slice(end);
  // Some servers send the end of the thinking without its beginning.
  const headless = closed.replace(/^[\s\S]*<\/think(?:ing)?>/, "");
  return headless.replace(/<think(?:ing)?>[\s\S]*$/, "");
}

/** A reply that is read as a text, without what was thought before it; a `<think>` further in is part of the text. */
export function answerText(reply: string): string {
  const text = reply.trim();
  const end = /^(?:(?!<think)[\s\S])*?<\/think(?:ing)?>|^<think(?:ing)?>[\s\S]*?(?:<\/think(?:ing)?>|$)/.exec(text);
  return end === null ? text : text.slice(end[0].length).trim();
}

/** A reply that is this code and nothing else. Throws {@link InputError} where other code would be read in it. */
export function replyOf(code: string): string {
  const reply = fenced(code);
  if (parseReply(reply).code === code.replaceAll("\r\n", "\n")) return reply;
  throw new InputError("Cannot take the code as a reply: it would be read as other code, as where it holds <think>");
}

/** Code may quote a context too: nothing in it closes this fence. */
export function fenced(code: string): string {
  const longest = Math.max(2, ...(code.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = "`".repeat(longest + 1);
  return `${fence}repl\n${code}\n${fence}`;
}

const languages = new Set(["repl", "js", "javascript", "ts", "typescript"]);

interface Block {
  language: string;
  code: string;
}

function findBlocks(text: string): Block[] {
  const lines = text.split(/\r?\n/);
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length; at++) {
    const opening = fenceAt(lines, at);
    if (opening === undefined) continue;
    const end = closingFence(lines, at, opening.ticks);
    blocks.push({ language: opening.language, code: lines.slice(at + 1, end).join("\n") });
    at = end;
  }
  return blocks;
}

function fenceAt(lines: readonly string[], at: number): { ticks: number; language: string } | undefined {
  const [, ticks, info = ""] = /^\s*(`{3,}|~{3,})([^`]*)$/.exec(lines[at] ?? "") ?? [];
  return ticks === undefined
    ? undefined
    : { ticks: ticks.length, language: (/^\s*([\w+-]*)/.exec(info)?.[1] ?? "").toLowerCase() };
}

/**
 * The line that closes a block. Where code holds fences itself (prompts for sub-calls often do) the first closing
 * line that leaves whole JavaScript is the right one; where none does, fences are paired by their languages.
 */
function closingFence(lines: readonly string[], from: number, ticks: number): number {
  const candidates: number[] = [];
  let nested = 0;
  let paired: number | undefined;
  for (let at = from + 1; at < lines.length && candidates.length < maxCandidates; at++) {
    const fence = fenceAt(lines, at);
    if (fence === undefined || fence.ticks < ticks) continue;
    if (fence.language !== "") {
      nested++;
      continue;
    }
    candidates.push(at);
    if (nested === 0) paired ??= at;
    else nested--;
  }
  const [first] = candidates;
  if (first === undefined) return lines.length;
  if (candidates.length === 1) return first;
  return candidates.find((at) => isScript(lines.slice(from + 1, at).join("\n"))) ?? paired ?? first;
}

// Each is parsed with all that stands before it: a reply of fences alone would take minutes.
const maxCandidates = 20;

function isScript(code: string): boolean {
  try {
    parse(code, { ecmaVersion: "latest", allowAwaitOutsideFunction: true, allowReturnOutsideFunction: true });
    return true;
  } catch {
    return false;
  }
}

/** `FINAL(…)` at the start of a line: as an expression, or, if it is none, its words as a text. */
function bareFinal(text: string): string | undefined {
  const match = /^[ \t]*(?:await\s+)?(FINAL_VAR|FINAL)\s*\(/m.exec(text);
  if (match === null) return undefined;
  const inside = text.slice(match.index + match[0].length);
  if (match[1] === "FINAL_VAR") {
    const name = /^\s*["'`]?([A-Za-z_$][\w$]*)["'`]?\s*\)/.exec(inside)?.[1];
    return name === undefined ? undefined : `FINAL(${name})`;
  }
  try {
    const source = `FINAL(${inside}`;
    const { end } = parseExpressionAt(source, 0, { ecmaVersion: "latest", allowAwaitOutsideFunction: true });
    return source.slice(0, end);
  } catch {
    const close = inside.lastIndexOf(")");
    return `FINAL(${JSON.stringify(inside.slice(0, close < 0 ? undefined : close).trim())})`;
  }
}
