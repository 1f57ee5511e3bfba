import { array, assert as holds, constantFrom, integer, property } from "fast-check";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { file, isolate, runRlm, type Sandbox } from "rlm-core";
import { scriptedModel } from "rlm-core/testing";
import { expect, it } from "vitest";
import { decompose } from "../decompose.ts";
import type { Piece } from "./chunks.ts";
import type { LongText } from "./given.ts";
import { paragraphs } from "./paragraphs.ts";
import { records } from "./records.ts";
import { sentences } from "./sentences.ts";
import { inWindows } from "./windows.ts";

const longestString = 90;
const longest = 2_000;

/** As the sandbox has it: what is longer than a string can be stays one. */
function longText(text: string): LongText & { chunks: unknown } {
  return {
    length: text.length,
    chunks: undefined,
    slice: (from, to) => (to - from > longestString ? longText(text.slice(from, to)) : text.slice(from, to)),
  };
}

const bits = [
  "word ",
  "Dr. ",
  "end. ",
  "\n",
  "\r\n",
  "\n \n",
  "。",
  "👩‍👩‍👧‍👦",
  "\ud83c",
  "2026-01-31 12:00:00 INFO ",
  "ERROR x\n",
];
const texts = array(constantFrom(...bits), { maxLength: 150 }).map((parts) => parts.join(""));
const cuts: Record<string, (text: string) => Piece[]> = { paragraphs, sentences, records };

it.each(Object.keys(cuts))("%s() cuts a LongText window after window as it does a string", (name) => {
  const cut = cuts[name] as (text: string) => Piece[];
  holds(
    property(texts, integer({ min: 100, max: 400 }), (text, window) => {
      expect(inWindows(cut, { window, margin: 60, longest: 10_000 })(longText(text))).toEqual(cut(text));
    }),
    { numRuns: 60 },
  );
});

it("a piece of a LongText that no string can hold is an error that says what to do", () => {
  const cut = inWindows(paragraphs, { window: 500, margin: 50, longest });
  expect(cut(longText("x".repeat(1_500)))).toHaveLength(1);
  expect(() => cut(longText("x".repeat(5_000)))).toThrow(
    /the piece at 0 has more than 1950 characters; use decompose.chunks/,
  );
});

it("in the REPL all that take a LongText cut one as they cut its string", async () => {
  const folder = mkdtempSync(join(tmpdir(), "rlm-decompose-"));
  const real = isolate();
  // As a text is of which no string can be.
  const sandbox: Sandbox = {
    v8: real.v8,
    open: (options) =>
      real.open({ ...options, contexts: options.contexts.map((context) => ({ ...context, paged: true })) }),
    close: () => real.close(),
  };
  try {
    const path = join(folder, "app.log");
    writeFileSync(path, "2026-01-31 12:00:00 ERROR Dr. Kim fell. 今日は雨。\r\n  at y\n\n".repeat(3_000));
    const model = scriptedModel([
      `\`\`\`repl
const whole = context.toString();
const told = ["chunks", "lines", "paragraphs", "sentences", "records"].map((name) => {
  const [long, short] = [context, whole].map((text) => JSON.stringify(decompose[name](text, name === "chunks" ? { size: 9_000 } : undefined)));
  return [name, typeof context, long === short, JSON.parse(long).length > 2].join(" ");
});
print(told);
\`\`\``,
      "```repl\nFINAL([...told, decompose.tokens(whole.slice(0, 60_000)).length].join());\n```",
    ]);
    const { answer } = await runRlm(
      { query: "Cut it.", context: file(path) },
      { model, sandbox, tools: [decompose], limits: { directBelow: 0 } },
    );
    const names = ["chunks", "lines", "paragraphs", "sentences", "records"];
    expect(answer).toBe([...names.map((name) => `${name} object true true`), 1].join());
  } finally {
    await sandbox.close();
    rmSync(folder, { recursive: true });
  }
});
