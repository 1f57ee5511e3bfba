import { afterAll, describe, expect, it } from "vitest";
import { isolate, runRlm, type Limits } from "rlm-core";
import { scriptedModel } from "rlm-core/testing";
import { integrate } from "../integrate.ts";

const sandbox = isolate();
afterAll(() => sandbox.close());

/** Calls that are not the sub-model's: the root's turn, and what is held back for its answer. */
const others = 2;

interface Case {
  name: string;
  /** An expression of the REPL. */
  code: string;
  /** What the sub-model says to a prompt, the case's own first one being 1; may throw. */
  reply: (prompt: string, call: number) => string;
  /** The numbers of the items (claims, voices) in each prompt, in the order of the calls. */
  asks: number[][];
  /** What the code's value is: of an Error its code, else its message. */
  gives: unknown;
}

/** Runs cases in one REPL, a block each; gives them back with what was asked and what came of it. */
async function played(cases: readonly Case[], limits: Partial<Limits> = {}): Promise<Case[]> {
  const printed: string[] = [];
  const asked: string[][] = [];
  const told = "(key, value) => value instanceof Error ? (value.code ?? value.message) : value";
  const block = ({ code }: Case): string => `\`\`\`repl\nprint(JSON.stringify(await ${code}, ${told}))\n\`\`\``;
  await runRlm(
    { query: "Run it.", context: "A context." },
    {
      model: scriptedModel([...cases.map(block), "```repl\nFINAL('done')\n```"]),
      subModel: scriptedModel([], {
        onMissing(messages) {
          const prompts = (asked[printed.length] ??= []);
          const prompt = messages.map(({ content }) => content).join("\n");
          prompts.push(prompt);
          return cases[printed.length]?.reply(prompt, prompts.length) ?? "";
        },
      }),
      sandbox,
      tools: [integrate],
      limits: { directBelow: 0, concurrency: 1, promptChars: 2_000, ...limits },
      onEvent: (event) => {
        if (event.type === "journal" && event.event.type === "end")
          printed.push(event.event.error?.message ?? event.event.output.text.trim());
      },
    },
  );
  return cases.map((one, at) => ({ ...one, asks: (asked[at] ?? []).map(numbersIn), gives: read(printed[at]) }));
}

function read(text = ""): unknown {
  return /^[[{]/.test(text) ? JSON.parse(text) : text;
}

function linesIn(prompt: string, start: string): [number, string][] {
  const [, lines = ""] = prompt.split(`\n${start}\n`);
  return [...(/^(?:\d+: .*\n)*/.exec(lines)?.[0] ?? "").matchAll(/^(\d+): (.*)$/gm)].map(([, number, text = ""]) => [
    Number(number),
    String(JSON.parse(text)),
  ]);
}

const itemsIn = (prompt: string): [number, string][] => linesIn(prompt, "<items>");
const claimsIn = (prompt: string): [number, string][] => linesIn(prompt, "Claims, one a line, as JSON:");

/** Those of what a prompt is about: claims, items or a voice. */
function numbersIn(prompt: string): number[] {
  const voice = /\(Voice (\d+) of/.exec(prompt)?.[1];
  if (voice !== undefined) return [Number(voice)];
  const claims = claimsIn(prompt);
  return (claims.length > 0 ? claims : itemsIn(prompt)).map(([number]) => number);
}

function down(): never {
  throw new Error("down");
}

/** Of an item's first word. */
const values = (prompt: string, of: (word: string) => unknown): string =>
  JSON.stringify({
    values: Object.fromEntries(itemsIn(prompt).map(([number, item]) => [number, of(item.split(" ")[0] ?? "")])),
  });

/** Says which items it was asked about, by their first words. */
const joined = (prompt: string): string =>
  `<${itemsIn(prompt)
    .map(([, item]) => item.split(" ")[0])
    .join("")}>`;

/** One for each letter: two of 500 characters, or of 700 with reduce, have room in a prompt. */
const items = (letters: string, length = 700): string =>
  `"${letters}".split("").map((letter) => letter.padEnd(${length}, " y"))`;

const evenUnlessDown = (prompt: string): string =>
  values(prompt, (word) => (word === "x" ? down() : Number(word) % 2 === 0));
const numberUnlessDown = (prompt: string): string => values(prompt, (word) => (word === "x" ? down() : Number(word)));

describe("filter and extract", () => {
  it("ask once for each prompt full of items, `size` at most, in order; a portion that fails, once more", async () => {
    const cases: Case[] = [
      {
        name: "filter",
        code: `integrate.filter(["1", "2", "3", "4", "x", "6", "7", "8"], "it is even", { size: 2 })`,
        reply: evenUnlessDown,
        asks: [
          [1, 2],
          [3, 4],
          [5, 6],
          [7, 8],
          [5, 6],
        ],
        gives: {
          items: ["2", "4", "8"],
          indices: [1, 3, 7],
          failed: [
            { index: 4, error: "model" },
            { index: 5, error: "model" },
          ],
        },
      },
      {
        name: "filter, where a prompt has no room for `size` items",
        code: `integrate.filter(${items("12345", 500)}, "it is even").then(({ indices }) => indices)`,
        reply: evenUnlessDown,
        asks: [[1, 2], [3, 4], [5]],
        gives: [1, 3],
      },
      {
        name: "extract",
        code: `integrate.extract(["1", "x", "3", "4", "5"], { type: "integer" }, { size: 2 })`,
        reply: (prompt) => numberUnlessDown(prompt),
        asks: [[1, 2], [3, 4], [5], [1, 2]],
        gives: ["model", "model", 3, 4, 5],
      },
      {
        name: "extract, of whose values some do not fit",
        code: `integrate.extract(["1", "two", "3", "four"], { type: "integer" }, { size: 3 })`,
        reply: (prompt, call) => values(prompt, (word) => (word === "two" && call > 2 ? 2 : Number(word) || word)),
        asks: [[1, 2, 3], [4], [2, 4]],
        gives: [1, 2, 3, "schema"],
      },
      {
        name: "extract, of a reply that cannot be read",
        code: `integrate.extract(["1", "2"], { type: "integer" })`,
        reply: () => "no",
        // Asked twice for what can be read, twice over.
        asks: [
          [1, 2],
          [1, 2],
          [1, 2],
          [1, 2],
        ],
        gives: ["schema", "schema"],
      },
    ];
    expect(await played(cases)).toEqual(cases);
  });

  it("keep what they have where the calls are used up, and say what has none", async () => {
    const filter: Case = {
      name: "filter",
      code: `integrate.filter(["2", "4", "5", "6", "8"], "it is even", { size: 2 })`,
      reply: evenUnlessDown,
      asks: [
        [1, 2],
        [3, 4],
      ],
      gives: { items: ["2", "4", "6"], indices: [0, 1, 3], failed: [{ index: 4, error: "budget" }] },
    };
    const extract: Case = {
      name: "extract",
      code: `integrate.extract(["1", "2", "3"], { type: "integer" }, { size: 1 })`,
      reply: numberUnlessDown,
      asks: [[1], [2]],
      gives: [1, 2, "budget"],
    };
    for (const one of [filter, extract]) expect(await played([one], { calls: 2 + others })).toEqual([one]);
  });
});

describe("reduce", () => {
  const failsAt = (word: string) => (prompt: string) => (joined(prompt).includes(word) ? down() : joined(prompt));
  // So long that two of them are joined at once.
  const long = (prompt: string): string => joined(prompt).padEnd(700, " y");
  const drafts = (prompt: string): string => {
    const [, draft = ""] = /The draft, as JSON: "(.*)"/.exec(prompt) ?? [];
    return joined(prompt) === "<x>" ? down() : draft + joined(prompt);
  };

  it("asks once for each prompt full of items, in order; a group that fails once more, and says which it was", async () => {
    const cases: Case[] = [
      {
        name: "concatenate",
        code: `integrate.reduce(${items("abcdexgh")}, "Join.", { how: "concatenate" })`,
        reply: failsAt("x"),
        asks: [
          [1, 2],
          [3, 4],
          [5, 6],
          [7, 8],
          [5, 6],
        ],
        gives: { value: "<ab>\n\n<cd>\n\n<gh>", failed: [{ start: 4, end: 6, error: "model" }] },
      },
      {
        name: "refine",
        code: `integrate.reduce(${items("abxd")}, "Join.", { how: "refine" })`,
        reply: drafts,
        asks: [[1], [2], [3], [3], [4]],
        gives: { value: "<a><b><d>", failed: [{ start: 2, end: 3, error: "model" }] },
      },
      {
        name: "tree",
        code: `integrate.reduce(${items("abcdefgh")}, "Join.").then(({ value, failed }) => [value.trim().split(" ")[0], failed])`,
        reply: long,
        asks: [
          [1, 2],
          [3, 4],
          [5, 6],
          [7, 8],
          [1, 3],
          [5, 7],
          [1, 5],
        ],
        gives: ["<<<ab><cd>><<ef><gh>>>", []],
      },
      {
        name: "tree, of which an upper level fails",
        code: `integrate.reduce(${items("abcdefgh")}, "Join.").then(({ value, failed }) => [value.trim().split(" ")[0], failed])`,
        reply: (prompt) => (joined(prompt) === "<<ab><cd>>" ? down() : long(prompt)),
        asks: [
          [1, 2],
          [3, 4],
          [5, 6],
          [7, 8],
          [1, 3],
          [5, 7],
          [1, 3],
        ],
        gives: ["<<ef><gh>>", [{ start: 0, end: 4, error: "model" }]],
      },
    ];
    expect(await played(cases)).toEqual(cases);
  });

  it("keeps what it has where the calls are used up, and says which items are not in it", async () => {
    const concatenate: Case = {
      name: "concatenate",
      code: `integrate.reduce(${items("abcdefgh")}, "Join.", { how: "concatenate" })`,
      reply: joined,
      asks: [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
      gives: { value: "<ab>\n\n<cd>\n\n<ef>", failed: [{ start: 6, end: 8, error: "budget" }] },
    };
    const refine: Case = {
      name: "refine",
      code: `integrate.reduce(${items("abcde")}, "Join.", { how: "refine" })`,
      reply: drafts,
      asks: [[1], [2], [3]],
      gives: {
        value: "<a><b><c>",
        failed: [
          { start: 3, end: 4, error: "budget" },
          { start: 4, end: 5, error: "budget" },
        ],
      },
    };
    const tree: Case = {
      name: "tree",
      code: `integrate.reduce(${items("abcdefgh")}, "Join.").then(({ value, failed }) => [value.trim().split(" ")[0], failed])`,
      reply: long,
      asks: [
        [1, 2],
        [3, 4],
        [5, 6],
        [7, 8],
        [1, 3],
      ],
      gives: ["<<ab><cd>>", [{ start: 4, end: 8, error: "budget" }]],
    };
    expect(await played([concatenate], { calls: 3 + others })).toEqual([concatenate]);
    expect(await played([refine], { calls: 3 + others })).toEqual([refine]);
    expect(await played([tree], { calls: 5 + others })).toEqual([tree]);
  });
});

describe("vote and cite", () => {
  const voice = (prompt: string): string => ["yes", "no", "yes", "Yes."][(numbersIn(prompt)[0] ?? 0) - 1] ?? "";
  const passage = "the pump was mended";
  const supported = (prompt: string): string =>
    JSON.stringify({
      claims: claimsIn(prompt).map(([claim, text]) =>
        text.includes("pump")
          ? { claim, verdict: "supported", item: 2, quote: passage }
          : { claim, verdict: "not found" },
      ),
    });
  const found = { claim: "The pump runs.", source: 1, start: 6, end: 25, quote: passage };
  const cite = (claims: string[]): string =>
    `integrate.cite(${JSON.stringify(claims)}, ["12:00 nothing at all", "12:01 ${passage}"], { size: 1 })`;

  it("ask once for each voice, and for each prompt of claims, in order; what fails once more, and say what it was", async () => {
    const cases: Case[] = [
      {
        name: "vote",
        code: `integrate.vote("Was it so?", { times: 4 })`,
        reply: (prompt) => (numbersIn(prompt)[0] === 3 ? down() : voice(prompt)),
        asks: [[1], [2], [3], [4], [3]],
        gives: {
          value: "yes",
          agreement: 0.5,
          votes: [
            { value: "yes", count: 2 },
            { value: "no", count: 1 },
          ],
          failed: ["model"],
        },
      },
      {
        name: "cite",
        code: cite(["It rained.", "The pump runs.", "It snowed.", "The pump runs."]),
        reply: (prompt) => (prompt.includes("snow") ? down() : supported(prompt)),
        asks: [[1], [2], [3], [4], [3]],
        gives: [null, found, "model", found],
      },
    ];
    expect(await played(cases)).toEqual(cases);
  });

  it("keep what they have where the calls are used up, and say what has none", async () => {
    const vote: Case = {
      name: "vote",
      code: `integrate.vote("Was it so?", { times: 4 })`,
      reply: voice,
      asks: [[1], [2]],
      gives: {
        value: "yes",
        agreement: 0.25,
        votes: [
          { value: "yes", count: 1 },
          { value: "no", count: 1 },
        ],
        failed: ["budget", "budget"],
      },
    };
    const cited: Case = {
      name: "cite",
      code: cite(["The pump runs.", "It rained.", "The pump runs."]),
      reply: supported,
      asks: [[1], [2]],
      gives: [found, null, "budget"],
    };
    for (const one of [vote, cited]) expect(await played([one], { calls: 2 + others })).toEqual([one]);
  });
});
