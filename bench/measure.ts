import { setTimeout } from "node:timers/promises";

/** One line of the table: a cost of ours beside the same work without us, both measured in this run. */
export interface Row {
  what: string;
  ours: string;
  beside: string;
  bare: string;
  /** What it comes to: a ratio or a difference. */
  result: string;
}

/** Milliseconds that `work` takes: the median of `runs`, each after a pause in which the one before it can end. */
export async function median(runs: number, work: () => unknown): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < runs; run++) {
    await setTimeout(300); // processes of the last run go, and one boots ahead for the next
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  return times.toSorted((a, b) => a - b)[Math.floor(runs / 2)] ?? NaN;
}

export function ms(value: number): string {
  return `${value.toFixed(value < 10 ? 1 : 0)} ms`;
}

export function more(difference: number): string {
  return `${difference < 0 ? "-" : "+"} ${ms(Math.abs(difference))}`;
}
