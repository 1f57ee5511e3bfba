import { array, assert as holds, constantFrom, integer, property } from "fast-check";
import { expect, it } from "vitest";
import { pieces } from "./pieces.ts";

const prose = array(constantFrom("word", " ", "\n", "\n\n", "文", "🌏", "x".repeat(30)), { maxLength: 80 });

it("pieces() cover any text, have at most size characters, and split no surrogate pair", () => {
  holds(
    property(prose, integer({ min: 2, max: 60 }), (parts, size) => {
      const text = parts.join("");
      const found = [...pieces(text, size)];
      expect(found.map((piece) => piece.text).join("")).toBe(text);
      for (const { start, end, text: part } of found) {
        expect(text.slice(start, end)).toBe(part);
        expect(part.length).toBeLessThanOrEqual(size);
        expect(text.slice(start - 1, start + 1)).not.toMatch(/^[\ud800-\udbff][\udc00-\udfff]$/);
      }
    }),
  );
});

it.each([
  ["One two.\n\nThree four.", 14, ["One two.\n\n", "Three four."]],
  ["One two.\nThree four.", 14, ["One two.\n", "Three four."]],
  ["One two three", 9, ["One two ", "three"]],
  ["unbroken", 3, ["unb", "rok", "en"]],
  ["", 3, []],
])("pieces(%j, %j) are %j", (text, size, expected) => {
  expect([...pieces(text, size)].map((piece) => piece.text)).toEqual(expected);
});
