import { number } from "../live-tree/words.ts";
import { plainLine } from "../plain-text.ts";
import type { Summary } from "./summaries.ts";

/** Threads as lines of columns; the question, which comes last, is cut at `width`. */
export function tableOf(threads: readonly Summary[], width: number): string {
  const rows = [
    ["ID", "WHEN", "STATUS", "CALLS", "TOKENS", "COST", "QUESTION"],
    ...threads.map(({ id, at, status, limit, calls, tokens, costUsd, question }) => [
      id,
      localTime(new Date(at)),
      limit === null ? status : `${status} (${limit})`,
      number(calls),
      number(tokens),
      costUsd === null ? "?" : `$${costUsd.toFixed(4)}`,
      question,
    ]),
  ];
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const isNumber = (column: number): boolean => column >= 3 && column <= 5;
  const lines = rows.map((row) => {
    const cells = row
      .slice(0, -1)
      .map((cell, column) =>
        isNumber(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      );
    const before = `${cells.join("  ")}  `;
    return `${before}${plainLine(row.at(-1) ?? "", Math.max(20, Math.min(200, width - before.length)))}`;
  });
  return `${lines.join("\n")}\n`;
}

/** "2026-11-26 06:49", as the clock on the wall says. */
function localTime(at: Date): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`;
}
