import { describe, expect, it } from "vitest";
import { testMachine } from "../testing/test-machine.ts";

const script = [
  "const rolls = Array.from({ length: 20 }, () => Math.random()); let when = [Date.now(), new Date().toISOString(), Date()];",
  "const order = await Promise.race(['a', 'b'].map((p) => llm_query(p))); rolls.push(Math.random()); rolls.sort(() => Math.random() - 0.5);",
];

function hashOf(seed: number): string {
  const { machine, run } = testMachine({ seed });
  for (const code of script) run(code, ({ prompt }) => prompt);
  return machine.inspect().hash;
}

describe("installClock()", () => {
  it("gives the same variables for the same seed, and others for another", () => {
    expect(hashOf(1)).toBe(hashOf(1));
    expect(hashOf(2)).not.toBe(hashOf(1));
  });

  it("makes the block's clock the time of Date and Intl", () => {
    const { print } = testMachine();
    const code = `const format = new Intl.DateTimeFormat('en-US', { timeZone: 'UTC' });
      [Date.now(), +new Date(), new Date(0).getTime(), new Date(2020, 1).getFullYear(), Date().slice(0, 15), format.format(), format.formatToParts().length, new Date() instanceof Date, new Date().constructor === Date]`;
    expect(print(code)).toBe(
      '[1700000000000, 1700000000000, 0, 2020, "Tue Nov 14 2023", "11/14/2023", 5, true, true]\n',
    );
  });

  it("lets time go on by 1 ms with 1,000 readings", () => {
    const { print } = testMachine();
    expect(
      print("const start = Date.now(); let readings = 1; while (Date.now() < start + 2) readings++; readings"),
    ).toBe("2000\n");
  });

  it("lets classes extend Date", () => {
    expect(
      testMachine().print(
        "class Day extends Date { next() { return new Day(+this + 864e5) } }; new Day(0).next().toISOString()",
      ),
    ).toBe("1970-01-02T00:00:00.000Z\n");
  });
});
