import { array, assert as holds, constantFrom, double, integer, property, record } from "fast-check";
import { describe, expect, it } from "vitest";
import { aggregate, exactSum } from "./aggregate.ts";

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

  it("exactSum() is the double nearest to the sum, in whatever order the numbers come", () => {
    expect(exactSum([0.1, 0.2, 0.3, -0.6])).toBe(2.7755575615628914e-17);
    expect(exactSum([1e16, 1, -1e16])).toBe(1);
    expect(exactSum([1e308, 1e308, -1e308])).toBe(1e308);
    expect(exactSum([1e308, -1e308, 1e-300])).toBe(1e-300);
    expect(exactSum([1e308, 1e308])).toBe(Infinity);
    expect(exactSum(Array.from({ length: 10 }, () => 0.1))).toBe(1);
    const number = double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 });
    holds(
      property(array(number, { maxLength: 30 }), (numbers) => {
        expect(exactSum(numbers.toReversed())).toBe(exactSum(numbers));
        expect(exactSum([...numbers, ...numbers.map((one) => -one)])).toBe(0);
      }),
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
