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

/** Milliseconds of `base` and of each of `works`, and how many times as long each takes: medians of `runs`, measured in turn. */
export async function medianRatios(
  runs: number,
  base: () => unknown,
  works: readonly (() => unknown)[],
): Promise<{ bare: number; others: { ours: number; ratio: number }[] }> {
  const rounds: number[][] = [];
  for (let run = 0; run < runs; run++) {
    const round: number[] = [];
    for (const work of [base, ...works]) round.push(await time(work));
    rounds.push(round);
  }
  const middle = (read: (round: number[]) => number): number => middleOf(rounds.map(read));
  return {
    bare: middle(([bare = NaN]) => bare),
    others: works.map((_, at) => ({
      ours: middle((round) => round[at + 1] ?? NaN),
      ratio: middle((round) => (round[at + 1] ?? NaN) / (round[0] ?? NaN)),
    })),
  };
}

/** The median of what `work` itself measures, in milliseconds. */
export async function medianMeasured(runs: number, work: () => Promise<number>): Promise<number> {
  return await medianOf(runs, () => afterPause(work));
}

/** The median of what `work` measures more than `base`, in milliseconds. */
export async function medianMeasuredDifference(
  runs: number,
  work: () => Promise<number>,
  base: () => Promise<number>,
): Promise<number> {
  return await medianOf(runs, async () => (await afterPause(work)) - (await afterPause(base)));
}

async function afterPause(work: () => Promise<number>): Promise<number> {
  await setTimeout(pauseMs);
  return await work();
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
  return middleOf(values);
}

export function middleOf(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

// The processes of the work before this go, and one boots ahead.
const pauseMs = 600;

async function time(work: () => unknown): Promise<number> {
  await setTimeout(pauseMs);
  const start = performance.now();
  await work();
  return performance.now() - start;
}
