import { checkOptions } from "../check-options.ts";
import { itemsOf } from "./ask.ts";

type Reader<T> = string | ((row: T) => unknown);

export interface AggregateOptions<T> {
  /** Rows with the same value are one group: a field's name, or a function of the row. @default all rows are one group */
  by?: Reader<T>;
  /** The number of a row: a field's name, or a function. Digits in a text count as a number. @default none, rows are only counted */
  of?: Reader<T>;
}

export interface Group {
  key: unknown;
  count: number;
  /** Rows without a number; the rest is of those that have one. */
  missing?: number;
  sum?: number;
  mean?: number;
  min?: number;
  max?: number;
}

/** Counts, sums, means, least and greatest by groups, in code: exact, no model is asked. Groups in the order in which they first come. */
export function aggregate<T>(given: readonly T[], options: AggregateOptions<T> = {}): Group[] {
  const rows = itemsOf(given, "aggregate") as T[];
  const { by, of } = checkOptions<AggregateOptions<T>>(options, "integrate.aggregate", ["by", "of"]);
  const keyOf = by === undefined ? () => "all" : reader(by, "by");
  const numberOf = of === undefined ? undefined : reader(of, "of");
  const groups = new Map<string, { key: unknown; count: number; numbers: number[] }>();
  for (const row of rows) {
    const key = keyOf(row);
    const name = `${typeof key} ${typeof key === "number" ? String(key) : (JSON.stringify(key) ?? "")}`;
    const group = groups.get(name) ?? { key, count: 0, numbers: [] };
    groups.set(name, group);
    group.count += 1;
    const number = numberOf === undefined ? undefined : toNumber(numberOf(row));
    if (number !== undefined) group.numbers.push(number);
  }
  return [...groups.values()].map(({ key, count, numbers }) => {
    if (numberOf === undefined) return { key, count };
    const missing = count - numbers.length;
    if (numbers.length === 0) return { key, count, missing };
    const sum = exactSum(numbers);
    return {
      key,
      count,
      missing,
      sum,
      // Of a sum that is beyond what a number can be, the mean is not.
      mean: Number.isFinite(sum) ? sum / numbers.length : exactSum(numbers.map((one) => one / numbers.length)),
      min: least(numbers),
      max: -least(numbers.map((one) => -one)),
    };
  });
}

function reader<T>(given: Reader<T>, name: string): (row: T) => unknown {
  if (typeof given === "function") return given;
  if (typeof given === "string")
    return (row) => (typeof row === "object" && row !== null ? (row as Record<string, unknown>)[given] : undefined);
  throw new TypeError(`integrate.aggregate: expected ${name} to be a field's name or a function`);
}

function toNumber(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (
    typeof value !== "string" ||
    !/^\s*[-+]?(?:(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|\.\d+)(?:e[-+]?\d+)?\s*$/i.test(value)
  )
    return undefined;
  const number = Number(value.replaceAll(",", ""));
  return Number.isFinite(number) ? number : undefined;
}

function least(numbers: readonly number[]): number {
  return numbers.reduce((smallest, one) => Math.min(smallest, one), Infinity);
}

/** The sum as if it were rounded once at the end (Shewchuk 1997, adaptive precision: partial sums that do not overlap). */
export function exactSum(numbers: readonly number[]): number {
  const sum = sumOf(numbers);
  // A partial sum may be beyond what a number can be where the whole is not: then all of them are taken smaller, which
  // costs what is below 2 ** -1014.
  return Number.isFinite(sum) ? sum : sumOf(numbers.map((number) => number / 2 ** 60)) * 2 ** 60;
}

function sumOf(numbers: readonly number[]): number {
  let partials: number[] = [];
  for (const number of numbers) {
    let x = number;
    const kept: number[] = [];
    for (const partial of partials) {
      const [big, small] = Math.abs(x) < Math.abs(partial) ? [partial, x] : [x, partial];
      const high = big + small;
      const low = small - (high - big);
      if (low !== 0) kept.push(low);
      x = high;
    }
    partials = [...kept, x];
  }
  return rounded(partials);
}

function rounded(partials: readonly number[]): number {
  let at = partials.length - 1;
  if (at < 0) return 0;
  let high = partials[at] ?? 0;
  let low = 0;
  while (at > 0 && low === 0) {
    const x = high;
    const y = partials[--at] ?? 0;
    high = x + y;
    low = y - (high - x);
  }
  // Half way between two numbers, what is left decides.
  const next = partials[at - 1] ?? 0;
  if (at > 0 && ((low < 0 && next < 0) || (low > 0 && next > 0))) {
    const twice = low * 2;
    const x = high + twice;
    if (twice === x - high) return x;
  }
  return high;
}
