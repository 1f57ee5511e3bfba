import { plainLine } from "../plain-text.ts";
import { running, type RunEnd, type TurnView } from "./run-tree.ts";

export function number(value: number): string {
  return value.toLocaleString("en-US");
}

/** "1 sub-call", "12 sub-calls". */
export function plural(value: number, noun: string): string {
  return `${number(value)} ${noun}${value === 1 ? "" : "s"}`;
}

/** "3.2 s", "2 min 5 s". */
export function duration(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
}

/** "9 done (4 from the cache), 3 running, 1 failed" of a turn's sub-calls. */
export function subCalls(turn: TurnView): string {
  const cached = turn.cached > 0 ? ` (${number(turn.cached)} from the cache)` : "";
  const parts = [`${number(turn.done)} done${cached}`];
  if (running(turn) > 0) parts.push(`${number(running(turn))} running`);
  if (turn.failed > 0) parts.push(`${number(turn.failed)} failed`);
  return `${plural(turn.asked, "sub-call")}: ${parts.join(", ")}`;
}

/** The first lines of a block that are not blank. */
export function firstLines(code: string, lines: number, width: number): string[] {
  const written = code
    .slice(0, 10_000)
    .split("\n")
    .filter((line) => line.trim() !== "");
  return written.slice(0, lines).map((line) => plainLine(line, width));
}

export function endWords({ status, limit, error }: RunEnd): string {
  const reason = limit === undefined ? "" : ` at the limit on ${limit}`;
  return `${status}${reason}${error === undefined ? "" : `: ${plainLine(error, 200)}`}`;
}

export function compactWords({ turns }: { turns: number }): string {
  return turns === 1 ? "history: turn 1 is now a summary" : `history: turns 1 to ${number(turns)} are now a summary`;
}
