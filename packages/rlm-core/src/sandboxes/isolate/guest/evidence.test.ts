import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readAnswer } from "../../../citations/citation.ts";
import { locateQuotes } from "../../../citations/locate-quotes.ts";
import { misquoted } from "../../../citations/passages.ts";
import type { ContextRef } from "../../../context.ts";
import { file, type FileOptions } from "../../../file.ts";
import { fileRef, parseFileRef } from "../../../file-ref.ts";
import { named } from "../../../named.ts";
import { pagedContext, storeContexts } from "../../../store-context.ts";
import { memoryStore } from "../../../stores/memory.ts";
import { isolate } from "../isolate.ts";
import { testMachine } from "../testing/test-machine.ts";
import { testSession } from "../testing/test-session.ts";

const folder = mkdtempSync(join(tmpdir(), "rlm-evidence-"));
const sandbox = isolate();
afterAll(async () => {
  await sandbox.close();
  rmSync(folder, { recursive: true });
});

async function refOf(name: string, content: string, options?: FileOptions): Promise<ContextRef[]> {
  const path = join(folder, name);
  writeFileSync(path, content);
  // Shorter than a string can be; said to be paged it is read in parts all the same.
  return (await storeContexts(named({ [name]: file(path, options) }), memoryStore())).map((ref) => ({
    ...ref,
    paged: true,
  }));
}

describe("FINAL() with evidence", () => {
  const context = {
    bar: [7.5, 7.25],
    a: ["The valve was closed at noon.", "7.2 bar"],
    "b.c": { d: "Café was opened — in 1904, they say.\nIt rained." },
  };
  const citationsOf = (done: { answer?: { text: string } }): unknown =>
    readAnswer(done.answer?.text ?? "", { cite: true }).citations;

  it("FINAL() refuses what is no evidence, and says which and why", () => {
    const { run } = testMachine({ context, cite: true });
    run("print('looked')");
    const claim = "Closed.";
    for (const [evidence, reason] of [
      ["'yes'", /the evidence is yes\. Evidence is an array of/],
      ["[5]", /evidence 1, 5 is no object/],
      ["[{ quote: 'The valve was closed' }]", /evidence 1, it has no `claim`/],
      [`[{ claim: "${claim}" }]`, /"Closed\." has no `quote`/],
      [`[{ claim: "${claim}", quote: "" }]`, /"Closed\.": the quote is too short/],
      [`[{ claim: "${claim}", quote: "valve" }]`, /"Closed\.": the quote is too short/],
      [`[{ claim: "${claim}", quote: "x".repeat(2001) }]`, /longer than 2,000 characters/],
      [`[{ claim: "${claim}", quote: "The valve was opened at noon, on Monday." }]`, /stands nowhere in the context\n/],
      [
        `[{ claim: "${claim}", quote: "The valve was closed at midnight." }]`,
        /nearest is, in context at key "a\.0": "The valve was closed at noon\."/,
      ],
      [`[{ claim: "${claim}", quote: "The Valve was closed" }]`, /stands nowhere/],
      [`Array(101).fill({ claim: "${claim}", quote: "The valve was closed" })`, /101 pieces of evidence, at most 100/],
      [`new Proxy([], {})`, /the evidence is/],
    ] as const) {
      const done = run(`FINAL("a", ${evidence})`);
      expect([done.error?.kind, done.answer]).toEqual(["answer", undefined]);
      expect(done.error?.message).toMatch(reason);
    }
    const many = run(
      `FINAL("a", Array.from({ length: 8 }, (_, n) => ({ claim: "c" + n, quote: "no such passage here " + n })))`,
    );
    expect(many.error?.message).toMatch(/evidence 5, "c4"[^]*\nand 3 more\nCut quotes/);
    expect(
      citationsOf(run(`FINAL("a", [{ claim: "${claim}", quote: "valve  was closed", source: "context" }])`)),
    ).toEqual([{ claim, source: "context", key: "a.0", start: 4, end: 20, quote: "valve was closed" }]);
  });

  it("FINAL() gives the source's own text, whatever the code did to the built-ins", () => {
    const { run } = testMachine({
      contexts: { context, notes: "The valve was closed at noon. 7.2 bar it was." },
      cite: true,
    });
    const spoilt = `print(1); Object.prototype.toJSON = Array.prototype.toJSON = () => "forged"; String.prototype.indexOf = () => 0; RegExp.prototype.exec = () => ["forged"]; String.prototype.slice = () => "forged";`;
    const done = run(`${spoilt} FINAL("a", [
      { claim: "1", quote: 'Cafe\\u0301 was opened - in 1904, they say. It rained' },
      { claim: "2", quote: "7.2 bar" },
      { claim: "3", quote: "The valve was closed", source: "notes" },
      { claim: "4", quote: "The valve was closed", source: "a" },
      { claim: "5", quote: 7.25 },
    ])`);
    expect(citationsOf(done)).toEqual([
      {
        claim: "1",
        source: "context",
        key: "b.c.d",
        start: 0,
        end: 46,
        quote: "Café was opened — in 1904, they say.\nIt rained",
      },
      { claim: "2", source: "context", key: "a.1", start: 0, end: 7, quote: "7.2 bar" },
      { claim: "3", source: "notes", start: 0, end: 20, quote: "The valve was closed" },
      { claim: "4", source: "context", key: "a.0", start: 0, end: 20, quote: "The valve was closed" },
      { claim: "5", source: "context", key: "bar.1", start: 0, end: 4, quote: "7.25" },
    ]);
  });

  it("repl.locate() gives a kit the place of a passage, in the contexts or in what it names", () => {
    const at = String(function (
      this: { repl: { locate(quote: unknown, within?: unknown): unknown } },
      quote: unknown,
      within?: unknown,
    ) {
      return this.repl.locate(quote, within);
    });
    const { print } = testMachine({ context, kits: [{ name: "kit", functions: { at } }] });
    const quote = "valve was closed";
    expect(
      print(`print([kit.at("${quote}"), kit.at("${quote}", context), kit.at("${quote}", context.a), kit.at("${quote}", "the ${quote}"), kit.at("${quote}", "no"), kit.at("the")].map((place) => JSON.stringify(place)).join("\\n"));
        try { kit.at(5) } catch (error) { print(error.message) }`)
        .trim()
        .split("\n"),
    ).toEqual([
      `{"source":"context","key":"a.0","start":4,"end":20,"quote":"${quote}"}`,
      `{"source":"context","key":"a.0","start":4,"end":20,"quote":"${quote}"}`,
      `{"key":0,"start":4,"end":20,"quote":"${quote}"}`,
      `{"start":4,"end":20,"quote":"${quote}"}`,
      "",
      "",
      "Expected a quote to be a string, got number",
    ]);
  });

  it("FINAL() quotes what is read in parts: a LongText, rows and members", async () => {
    const word = "The pump ran for nine hours.";
    const rows = Array.from({ length: 9_000 }, (_, row) =>
      JSON.stringify({ row, text: row === 8_000 ? word : "-".repeat(40) }),
    );
    const contexts = [
      ...(await refOf("rows", rows.join("\n"), { format: "jsonl" })),
      ...(await refOf("text", `${"plain line\n".repeat(300_000)}needle  one\nand a needle two`)),
      ...(await refOf("members", `{"a.b":{"c":["${word.replace("nine", "ten")}"]}}`, { format: "json" })),
    ];
    const members = contexts[2] as ContextRef;
    contexts[2] = { ...members, ref: fileRef({ ...parseFileRef(members.ref), view: "object" }) };
    const { options, drive } = testSession("");
    const session = await sandbox.open(options({ contexts, paged: pagedContext, cite: true }));
    const quotes = ["needle one and a needle two", word, word.replace("nine", "ten")];
    const near = await drive(session, `print(1); FINAL("a", [{ claim: "c", quote: "needle one and a needle three" }])`);
    expect(near.error?.message).toMatch(/"c": the quote stands nowhere in the context\n/);
    const { answer } = await drive(
      session,
      `FINAL("a", ${JSON.stringify(quotes.map((quote) => ({ claim: "c", quote })))})`,
    );
    const { citations = [] } = readAnswer(answer?.text ?? "", { cite: true });
    expect(citations.map(({ claim, ...place }) => place)).toEqual([
      { source: "text", start: 3_300_000, end: 3_300_028, quote: "needle  one\nand a needle two" },
      { source: "rows", key: "8000.text", start: 0, end: 28, quote: word },
      { source: "members", key: "a.b.c.0", start: 0, end: 27, quote: quotes[2] },
    ]);
    const sources = contexts.map((context) => ({ name: context.name, context }));
    expect(await misquoted(citations, sources, memoryStore())).toBeUndefined();
    for (const citation of citations) {
      const moved = { ...citation, start: citation.start + 1, end: citation.end + 1 };
      expect(await misquoted([citation, moved], sources, memoryStore())).toBe(moved);
    }
    const found = await locateQuotes(
      quotes.map((quote) => ({ claim: "c", quote })),
      sources,
      memoryStore(),
    );
    expect(found).toEqual({ citations, unverified: [] });
    await session.close();
  });
});
