import type { RlmEvent } from "rlm-core";
import { plainLine } from "../plain-text.ts";
import { running, type RunTree, type SessionView, type TurnView } from "./run-tree.ts";
import { compactWords, duration, endWords, firstLines, plural, subCalls } from "./words.ts";

/** The plain lines that an event is worth where there is no terminal; `turn` as it is after the event. */
export function eventLines(
  event: RlmEvent,
  session: SessionView,
  turn: TurnView | undefined,
  tree: RunTree,
  elapsedMs: number,
): string[] {
  const lines = linesOf(event, session, turn, tree, elapsedMs);
  return lines.map((line) => `${"  ".repeat(event.depth)}${line}`);
}

function linesOf(
  event: RlmEvent,
  session: SessionView,
  turn: TurnView | undefined,
  tree: RunTree,
  elapsedMs: number,
): string[] {
  if (event.type === "run-start")
    return [`${event.depth === 0 ? "run" : "child"} starts: ${plainLine(session.query, 200)}`];
  if (event.type === "turn-start") return [`turn ${event.turn}: the model writes`];
  if (event.type === "warning") return [`warning: ${plainLine(event.message, 400)}`];
  if (event.type === "run-end") {
    if (event.depth > 0) return [`child ends: ${endWords(event)}`];
    return [
      `run ends: ${endWords(event)} · ${duration(elapsedMs)} · ${plural(tree.calls, "model call")} · ${plural(tree.tokens, "token")}`,
    ];
  }
  if (turn === undefined) return [];
  if (event.type === "query-start") return running(turn) === 1 ? ["sub-calls start"] : [];
  if (event.type === "query-end") return running(turn) === 0 ? [subCalls(turn)] : [];
  if (event.type === "budget") return [];
  if (event.event.type === "block")
    return [turn.isLive ? `code: ${firstLines(event.event.code, 1, 160).join("")}` : `turn ${turn.number} is recorded`];
  if (event.event.type === "compact") return [compactWords(event.event)];
  if (event.event.type !== "end" || !turn.isLive) return [];
  const { error, output } = event.event;
  return error === undefined
    ? [`code ends: printed ${plural(output.chars, "character")}`]
    : [`code ends with an error: ${plainLine(error.message, 200)}`];
}
