import { array, assert as holds, constantFrom, property, string } from "fast-check";
import { expect, it } from "vitest";
import { plainLine, plainText, visibleText } from "./plain-text.ts";

it.each([
  ["colours", "\u001b[31mred\u001b[0m", "red"],
  ["a window title (OSC with BEL)", "a\u001b]0;owned\u0007b", "ab"],
  ["a link (OSC 8 with ST)", "\u001b]8;;https://example.org\u001b\\text\u001b]8;;\u001b\\", "text"],
  ["cursor movement and erasing", "one\u001b[2K\u001b[1A\u001b[2Jtwo", "onetwo"],
  ["one-byte CSI (C1)", "a\u009b31mb", "ab"],
  ["bell, backspace, null, delete", "a\u0007b\bc\0d\u007fe", "abcde"],
  ["a carriage return that overwrites", "safe\rfake", "safe\nfake"],
  ["writing direction", "user\u202Etxt.exe\u2066x\u2069\u200F\u061C", "usertxt.exex"],
  ["tags, zero width, byte order mark", "a\u{E0041}\u200B\uFEFFb", "ab"],
  ["half a surrogate pair", "a\uD83Cb", "ab"],
  ["line and paragraph separators", "a\u2028b\u2029c", "a\nb\nc"],
])("plainText() strips %s", (_, text, plain) => {
  expect(plainText(text)).toBe(plain);
});

it("plainText() leaves ordinary text as it is", () => {
  const text = "Grüße, 판문점 🌏 — “quoted”\nsecond line";
  expect(plainText(text)).toBe(text);
});

it("plainText() leaves no control or format character but line feeds in any text", () => {
  const escapes = array(
    constantFrom("\u001b", "\u009b", "\u0007", "]", "[", ";", "0", "8", "m", "K", "\\", "\u202e", "\r", "\n", "\t"),
  ).map((parts) => parts.join(""));
  for (const texts of [string({ unit: "binary" }), escapes]) {
    holds(
      property(texts, (text) => {
        expect(plainText(text).replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
      }),
    );
  }
});

it("plainLine() gives one line of at most max characters", () => {
  expect(plainLine("  one\n two\tthree ", 20)).toBe("one two three");
  expect(plainLine("abcdef", 4)).toBe("abc…");
  expect(plainLine("🌏🌏🌏", 3)).toBe("🌏🌏🌏");
  expect(plainLine(`x${" ".repeat(100)}`, 4)).toBe("x…");
});

it("visibleText() writes what plainText() leaves out, so that two texts that differ are shown to", () => {
  expect(visibleText("a\u202Eb\u200Bc\u001b[31m\td\r\ne\u2028f")).toBe("a\\u{202e}b\\u{200b}c\\u{1b}[31m  d\ne\nf");
  const characters = array(constantFrom("a", "\u202e", "\u{E0041}", "\u001b", "\u009b", "\ud83c", "é"));
  holds(
    property(characters, characters, (one, other) => {
      const [first, second] = [visibleText(one.join("")), visibleText(other.join(""))];
      expect(first).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
      expect(first === second).toBe(one.join("") === other.join(""));
    }),
  );
});
