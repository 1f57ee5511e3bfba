import { array, assert as holds, constantFrom, double, integer, oneof, property, record } from "fast-check";
import { describe, expect, it } from "vitest";
import { aggregate } from "./aggregate.ts";

/** A double as a whole number of 2 ** -1074, which all of them are. */
function scaled(number: number): bigint {
  let [whole, doublings] = [number, 0];
  for (; !Number.isInteger(whole); doublings += 1) whole *= 2;
  return BigInt(whole) << BigInt(1074 - doublings);
}

/** Whether no other double is nearer to the fraction of 2 ** -1074, or as near and even: by whole numbers alone. */
function isNearest(number: number, above: bigint, below: bigint): boolean {
  if (number < 0 || above < 0n) return number <= 0 && above <= 0n && isNearest(-number, -above, below);
  const infinite = 2n ** (1024n + 1074n);
  const bits = new BigUint64Array(Float64Array.of(number).buffer)[0] ?? 0n;
  const atBits = (some: bigint): bigint => {
    const double = new Float64Array(BigUint64Array.of(some).buffer)[0] ?? 0;
    return double === Infinity ? infinite : scaled(double);
  };
  const farFrom = (some: bigint): bigint => {
    const far = above - below * atBits(some);
    return far < 0n ? -far : far;
  };
  // Beyond the half way to where the next one would be, all is infinite.
  if (number === Infinity && above >= below * infinite) return true;
  const others = number === Infinity ? [bits - 1n] : number === 0 ? [1n] : [bits - 1n, bits + 1n];
  return others.every((other) => {
    const more = farFrom(other) - farFrom(bits);
    return more > 0n || (more === 0n && bits % 2n === 0n);
  });
}

describe("aggregate()", () => {
  it("is exact: groups in the order in which they come, sums as if rounded once", () => {
    const row = record({ by: constantFrom("a", "b", 1, "1", null), cents: integer({ min: -1e9, max: 1e9 }) });
    holds(
      property(array(row, { maxLength: 40 }), (rows) => {
        const groups = aggregate(rows, { by: "by", of: ({ cents }) => cents });
        expect(groups.map(({ key }) => key)).toEqual([...new Set(rows.map(({ by }) => by))]);
        for (const group of groups) {
          const own = rows.filter(({ by }) => by === group.key).map(({ cents }) => cents);
          const sum = own.reduce((total, one) => total + one, 0);
          expect(group).toEqual({
            key: group.key,
            count: own.length,
            missing: 0,
            sum,
            mean: sum / own.length,
            min: Math.min(...own),
            max: Math.max(...own),
          });
        }
      }),
    );
  });

  it("gives the double nearest to the sum, in whatever order the numbers come", () => {
    const sumOf = (numbers: number[]): number | undefined => aggregate(numbers, { of: (one) => one })[0]?.sum;
    expect(sumOf([0.1, 0.2, 0.3, -0.6])).toBe(2.7755575615628914e-17);
    expect(sumOf([1e16, 1, -1e16])).toBe(1);
    expect(sumOf([1e308, 1e308, -1e308])).toBe(1e308);
    expect(sumOf([1e308, -1e308, 1e-300])).toBe(1e-300);
    expect(sumOf([1e308, 1e308, -1e308, -1e308, 1e-320])).toBe(1e-320);
    expect(sumOf([1e308, 1e308])).toBe(Infinity);
    expect(sumOf([-0])).toBe(0);
    expect(sumOf(Array.from({ length: 10 }, () => 0.1))).toBe(1);
    const number = double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 });
    holds(
      property(array(number, { minLength: 1, maxLength: 30 }), (numbers) => {
        expect(sumOf(numbers.toReversed())).toBe(sumOf(numbers));
        expect(sumOf([...numbers, ...numbers.map((one) => -one)])).toBe(0);
      }),
    );
  });

  it("sums and means of doubles are those of exact fractions, rounded once", () => {
    // Near each other and far apart, in tiny steps, and so large that a sum of some is beyond what a number can be.
    const finite = { noNaN: true, noDefaultInfinity: true };
    const numbers = oneof(
      array(double(finite), { minLength: 1, maxLength: 12 }),
      array(double({ ...finite, min: -4, max: 4 }), { minLength: 1, maxLength: 12 }),
      array(
        integer({ min: -2000, max: 2000 }).map((cents) => cents / 100),
        { minLength: 1, maxLength: 30 },
      ),
      array(constantFrom(1, 2 ** -53, -(2 ** -53), 2 ** -54, 3 * 2 ** -54, 2 ** -106, -1, 1 + 2 ** -52), {
        minLength: 1,
        maxLength: 8,
      }),
      array(
        constantFrom(
          ...[1, -1].flatMap((sign) => [1, 2 ** 53, 2 ** 1023, Number.MAX_VALUE, 2 ** 970].map((one) => sign * one)),
        ),
        {
          minLength: 1,
          maxLength: 8,
        },
      ),
      array(constantFrom(5e-324, 1e-323, -5e-324, 2.2250738585072014e-308, 1e-300, -1e-308), {
        minLength: 1,
        maxLength: 8,
      }),
    );
    holds(
      property(numbers, (given) => {
        const [group] = aggregate(given, { of: (one) => one });
        const sum = given.reduce((total, one) => total + scaled(one), 0n);
        const { sum: rounded = Number.NaN, mean = Number.NaN } = group ?? {};
        expect([rounded, isNearest(rounded, sum, 1n)]).toEqual([rounded, true]);
        expect([mean, isNearest(mean, sum, BigInt(given.length))]).toEqual([mean, true]);
      }),
      { numRuns: 3_000 },
    );
  });

  it("counts rows without a number as missing, and reads digits in texts", () => {
    const rows = [
      { paid: "1,234.50" },
      { paid: "n/a" },
      {},
      { paid: 0.5 },
      { paid: "12 apples" },
      { paid: "1234,567" },
    ];
    expect(aggregate(rows, { of: "paid" })).toEqual([
      { key: "all", count: 6, missing: 4, sum: 1235, mean: 617.5, min: 0.5, max: 1234.5 },
    ]);
    expect(aggregate([{ a: 1 }, { a: Number.NaN }, { a: null }], { by: "a" }).map(({ key }) => key)).toEqual([
      1,
      Number.NaN,
      null,
    ]);
    expect(aggregate([{ a: "1e999" }, { a: 1 }], { of: "a" })).toMatchObject([{ missing: 1, sum: 1 }]);
    expect(aggregate([{ a: 1e308 }, { a: 1e308 }], { of: "a" })).toMatchObject([{ sum: Infinity, mean: 1e308 }]);
    expect(() => aggregate("x" as never)).toThrow(/expected an array, got string/);
  });
});
