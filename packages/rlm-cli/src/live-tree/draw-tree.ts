import type { createColors } from "picocolors";
import { plainLine } from "../plain-text.ts";
import { running, type RunTree, type SessionView, type TurnView } from "./run-tree.ts";
import { compactWords, duration, endWords, firstLines, number, plural, subCalls } from "./words.ts";

export interface DrawOptions {
  elapsedMs: number;
  /** Columns of the terminal. */
  width: number;
  colors: ReturnType<typeof createColors>;
  /** Children shown of one turn; those that run come first. */
  maxChildren: number;
}

/** The tree as lines for a terminal. */
export function drawTree({ root, calls, tokens, warnings }: RunTree, options: DrawOptions): string {
  const { colors, elapsedMs, width } = options;
  const state = root?.end === undefined ? "running" : endWords(root.end);
  const head = `${colors.bold("RLM")} ${state} · ${duration(elapsedMs)} · ${plural(calls, "model call")} · ${plural(tokens, "token")}`;
  const turns = root?.turns.flatMap((turn) => drawTurn(turn, "", options)) ?? [];
  const notes = warnings.map((warning) => colors.yellow(`warning: ${plainLine(warning, Math.max(20, width - 10))}`));
  return [head, ...turns, ...notes].join("\n");
}

function drawTurn(turn: TurnView, indent: string, options: DrawOptions): string[] {
  const { colors, width } = options;
  const label = `turn ${turn.number}  `;
  const under = `${indent}${" ".repeat(label.length)}`;
  const room = Math.max(20, width - under.length - 1);
  const [first, ...more] = turn.code === undefined ? ["the model writes"] : firstLines(turn.code, 2, room);
  const lines = [
    `${indent}${colors.cyan(label)}${turn.code === undefined ? colors.dim(first ?? "") : (first ?? "")}`,
    ...more.map((line) => `${under}${colors.dim(line)}`),
  ];
  if (turn.asked > 0)
    lines.push(`${under}${turn.failed > 0 ? colors.yellow(subCalls(turn)) : colors.green(subCalls(turn))}`);
  lines.push(...drawChildren(turn, `${under}  `, options));
  if (turn.error !== undefined) lines.push(`${under}${colors.red(plainLine(turn.error, room))}`);
  else if (turn.printed !== undefined && turn.printed > 0)
    lines.push(`${under}${colors.dim(`printed ${plural(turn.printed, "character")}`)}`);
  if (turn.compacted !== undefined) lines.push(`${under}${colors.dim(compactWords({ turns: turn.compacted }))}`);
  return lines;
}

function drawChildren({ children }: TurnView, indent: string, options: DrawOptions): string[] {
  const { colors, maxChildren, width } = options;
  const open = children.filter(({ end }) => end === undefined);
  const shown = [...open, ...children.filter(({ end }) => end !== undefined)].slice(0, maxChildren);
  const lines = shown.flatMap((child) => [
    `${indent}${colors.magenta(child.end === undefined ? "child" : `child ${child.end.status}`)} ${plainLine(child.query, Math.max(20, width - indent.length - 20))}`,
    // A child that has ended is one line.
    ...(child.end === undefined ? lastTurn(child).flatMap((turn) => drawTurn(turn, `${indent}  `, options)) : []),
  ]);
  if (children.length > shown.length)
    lines.push(`${indent}${colors.dim(`and ${number(children.length - shown.length)} more`)}`);
  return lines;
}

function lastTurn({ turns }: SessionView): TurnView[] {
  const busy = turns.filter((turn) => running(turn) > 0);
  return busy.length > 0 ? busy : turns.slice(-1);
}
