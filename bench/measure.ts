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

/** Milliseconds that `work` takes: the median of `runs`. */
export async function median(runs: number, work: () => unknown): Promise<number> {
  return await medianOf(runs, () => time(work));
}

/** Milliseconds that `work` takes longer than `base`: the median of `runs` pairs, each measured side by side. */
export async function medianDifference(runs: number, work: () => unknown, base: () => unknown): Promise<number> {
  return await medianOf(runs, async () => (await time(work)) - (await time(base)));
}

export function ms(value: number): string {
  return `${value.toFixed(Math.abs(value) < 10 ? 1 : 0)} ms`;
}

export function more(difference: number): string {
  return `${difference < 0 ? "-" : "+"} ${ms(Math.abs(difference))}`;
}

async function medianOf(runs: number, measure: () => Promise<number>): Promise<number> {
  const values: number[] = [];
  for (let run = 0; run < runs; run++) values.push(await measure());
  return values.toSorted((a, b) => a - b)[Math.floor(runs / 2)] ?? NaN;
}

async function time(work: () => unknown): Promise<number> {
  await setTimeout(600); // the processes of the work before this go, and one boots ahead
  const start = performance.now();
  await work();
  return performance.now() - start;
}
