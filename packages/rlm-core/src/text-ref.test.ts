import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { sha256 } from "./hash.ts";
import { parseTextRef, textRef, textRefInTurns } from "./text-ref.ts";

it("sha256() of a long text with a surrogate pair at any place is that of its UTF-8 bytes", () => {
  for (const shift of [0, 1]) {
    const text = "x".repeat(shift) + "🌏".repeat(5_000_000);
    expect(sha256(text)).toBe(createHash("sha256").update(Buffer.from(text)).digest("hex"));
    expect(sha256(Buffer.from(text))).toBe(sha256(text));
  }
});

it("textRefInTurns() gives what textRef() gives, whatever lies where slices meet", async () => {
  const long = "x".repeat(2_097_151);
  for (const text of [
    "",
    "a",
    `${long}🌏${long}판`,
    `${long}\ud83c${long}`,
    `${long}x\udf0f${long}`,
    `${long}${long}\ud800`,
  ])
    expect(await textRefInTurns(text)).toBe(textRef(text));
});

it("textRef() and parseTextRef() tell texts with half a surrogate pair apart", () => {
  expect(parseTextRef(textRef("a"))).toEqual({ hash: sha256("a"), encoding: "utf8" });
  expect(parseTextRef(textRef("a\ud800"))).toMatchObject({ encoding: "utf16le" });
  expect(textRef("a\ud800")).not.toBe(textRef("a\ud801"));
  expect(parseTextRef("sha256:short")).toBeUndefined();
});
