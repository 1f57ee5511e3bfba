import { checkOptions } from "../check-options.ts";
import { itemsOf } from "./ask.ts";
import { exactSum, nearest } from "./exact-sum.ts";

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

/** Counts, sums, means, least and greatest by groups, in code: exact, rounded once at the end, no model is asked. Groups in the order in which they first come. */
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
      sum: nearest(sum),
      mean: nearest(sum, numbers.length),
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
