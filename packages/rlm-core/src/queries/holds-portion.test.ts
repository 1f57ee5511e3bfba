import { describe, expect, it } from "vitest";
import { holdsPortion } from "./holds-portion.ts";

const portion = { schema: { enum: ["yes", "no"] }, numbers: [2, 10] };

describe("holdsPortion()", () => {
  it.each<[unknown, boolean]>([
    [{ values: { 2: "yes", 10: "no" } }, true],
    [{ values: { 1: "perhaps", 2: "yes", 10: "no" } }, true],
    [{ values: [{ item: 10, value: "no" }, null, { item: 2, value: "no" }] }, true],
    [{ values: { 2: "yes" } }, false],
    [{ values: { 2: "yes", 10: "perhaps" } }, false],
    [
      {
        values: [
          { item: "2", value: "no" },
          { item: 10, value: "no" },
        ],
      },
      false,
    ],
    [{ values: null }, false],
    [{}, false],
  ])("holdsPortion() of %j: %s", (reply, holds) => {
    expect(holdsPortion({ text: JSON.stringify(reply), json: true }, portion)).toBe(holds);
  });

  it("holdsPortion() takes no text for a portion", () => {
    expect(holdsPortion({ text: '{"values":{"2":"yes","10":"no"}}', json: false }, portion)).toBe(false);
  });
});
