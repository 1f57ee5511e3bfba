import { describe, expect, it } from "vitest";
import type { JournalEvent, Left } from "../journal.ts";
import { resolveLimits } from "../limits.ts";
import type { RlmState } from "../state.ts";
import type { Kit, Tool } from "../tool.ts";
import { noUsage } from "../usage.ts";
import { concludeMessage, directMessages, messagesFor, type PromptOptions } from "./messages.ts";
import { big, small, thinking } from "./profile.ts";

const context = {
  name: "context",
  kind: "string",
  length: 10_781_809,
  ref: "sha256:0",
  prefix: "Fellow-Citizens </data> of the Senate",
} as const;
const left: Left = { turn: 1, turns: 30, calls: 199 };

function stateOf(journal: JournalEvent[]): RlmState {
  const task = { query: "Who spoke of the canal?", contexts: [context] };
  return {
    task,
    journal,
    pending: [],
    usage: noUsage,
    seed: 99,
    startedAt: 0,
    depth: 0,
    versions: { schema: 1, v8: "" },
  };
}

function optionsOf(rest: Partial<PromptOptions["surface"]> = {}, profile = big): PromptOptions {
  return {
    profile,
    surface: {
      contexts: [context],
      queries: true,
      recursion: false,
      tools: [],
      models: [],
      limits: resolveLimits(),
      ...rest,
    },
  };
}

const turn = (text: string, at: number): JournalEvent[] => [
  {
    type: "reply",
    text: `\`\`\`repl\n${text}\n\`\`\``,
    left: { ...left, turn: at, calls: 200 - at },
    usage: { inputTokens: 1, outputTokens: 1 },
    model: "m",
  },
  { type: "block", code: text, clock: 0 },
  { type: "end", output: { text: `out ${at}`, chars: 5 }, computeMs: 1 },
];

describe("messagesFor()", () => {
  it("messagesFor() begins with the rules and the question, never with more of the context than its prefix", () => {
    const [system, first] = messagesFor(stateOf([]), left, optionsOf());
    expect(system?.content).toContain("`context`: a string of 10,781,809 characters");
    expect(system?.content).toContain("about 100,000 characters");
    expect(system?.content).not.toContain("{{");
    expect(first?.content).toContain("Question: Who spoke of the canal?");
    expect(first?.content).toContain("<data-2r>\nFellow-Citizens </data> of the Senate\n</data-2r>");
    expect(first?.content).toContain("Turn 1 of 30; 199 model calls left, your replies included.");
  });

  it("messagesFor() keeps what it sent before, so that prompt caches hit", () => {
    const before = messagesFor(stateOf(turn("print(1)", 1)), { ...left, turn: 2, calls: 198 }, optionsOf());
    const journal = [...turn("print(1)", 1), ...turn("print(2)", 2)];
    const after = messagesFor(stateOf(journal), { ...left, turn: 3, calls: 150 }, optionsOf());
    expect(after.slice(0, before.length)).toEqual(before);
    expect(after.at(-1)?.content).toBe(
      "<output-2r>\nout 2\n</output-2r>\n\nTurn 3 of 30; 150 model calls left, your replies included. Question: Who spoke of the canal?",
    );
  });

  it("messagesFor() has the newest notes in the place of the turns that they stand for", () => {
    const compact = (turns: number): JournalEvent => ({
      type: "compact",
      text: `notes ${turns}`,
      turns,
      variables: "hits (array, 3 elements)",
    });
    const [one, two, three, four] = [1, 2, 3, 4].map((at) => turn(`print(${at})`, at));
    const journal = [...one!, ...two!, compact(1), ...three!, ...four!, compact(3)];
    const next = { ...left, turn: 5, calls: 100 };
    const messages = messagesFor(stateOf(journal), next, optionsOf());
    const whole = messagesFor(stateOf(journal.filter(({ type }) => type !== "compact")), next, optionsOf());
    expect(messages.slice(0, 2)).toEqual(whole.slice(0, 2));
    expect(messages.slice(4)).toEqual(whole.slice(8));
    expect(messages[2]).toEqual({ role: "assistant", content: "notes 3" });
    expect(messages[3]?.content).toMatch(/^The messages of turns 1 to 3 were taken out/);
    expect(messages[3]?.content).toContain("<variables-2r>\nhits (array, 3 elements)\n</variables-2r>");
    // What the reply of the fourth turn was told.
    expect(messages[3]?.content).toContain("Turn 4 of 30; 196 model calls left");
    expect(messages.at(-1)?.content).toContain("Turn 5 of 30; 100 model calls left");
  });

  it("messagesFor() says an error, a hint, an empty output, what is near its end and the last turn", () => {
    const error = { kind: "thrown", message: "TypeError: x is not a function\n    at block-1.js:2:1" } as const;
    const failed = turn("x()", 1).map((event) =>
      event.type === "end" ? { ...event, output: { text: "", chars: 0 }, error } : event,
    );
    const last = messagesFor(stateOf(failed), { turn: 2, turns: 2, calls: 9, near: "tokens" }, optionsOf()).at(
      -1,
    )?.content;
    expect(last).toContain("Your code printed nothing.");
    expect(last).toContain(
      "Your code ended with an error:\n<error-2r>\nTypeError: x is not a function\n    at block-1.js:2:1\n</error-2r>",
    );
    expect(last).toContain("Little is left of the limit on tokens");
    expect(last).toContain("This is the last turn");
    const wordless: JournalEvent[] = [
      { ...(turn("", 1)[0] as JournalEvent & { type: "reply" }), text: "It is seven." },
    ];
    expect(messagesFor(stateOf(wordless), left, optionsOf()).at(-1)?.content).toContain("had no code");
  });

  it("messagesFor() lists what the session has, and nothing that it has not", () => {
    const system = (options: PromptOptions): string => messagesFor(stateOf([]), left, options)[0]?.content ?? "";
    expect(system(optionsOf({ queries: false }))).not.toMatch(/llm_query|rlm_query|llm_map|sub-call/);
    expect(system(optionsOf({ recursion: true }))).toContain("a helper that works as you do");
    expect(system(optionsOf())).toContain("the same as one `llm_query`");
    expect(system(optionsOf({ models: ["large"] }))).toContain('`model` is one of "large"');
    const kit = {
      name: "decompose",
      functions: { lines: { signature: "(text: string): Line[]", description: "Cuts lines.", run: () => [] } },
    };
    expect(system(optionsOf({ tools: [kit] }))).toContain("- `decompose.lines(text: string): Line[]`: Cuts lines.");
    const parameters = {
      type: "object",
      properties: { id: { type: "integer" }, tags: { type: "array", items: { enum: ["a", "b"] } } },
      required: ["id"],
    };
    const tool = { name: "lookup", description: "Looks up.", parameters, run: async () => 1 };
    expect(system(optionsOf({ tools: [tool] }))).toContain(
      '`await tools.lookup(args: { id: number; tags?: ("a" | "b")[] })`: Looks up.',
    );
  });

  it("messagesFor() gives a tool or a function of a kit one line, as many as its description has", () => {
    const description = "\nLooks up:\r\n\n  - a name\n  - a  year\n";
    const kit: Kit = { name: "kit", functions: { look: { signature: "()", description, run: () => 1 } } };
    const tool: Tool = { name: "lookup", description, parameters: { type: "object" }, run: async () => 1 };
    const system = messagesFor(stateOf([]), left, optionsOf({ tools: [tool, kit] }))[0]?.content ?? "";
    const lines = system.split("\n").filter((line) => /look|name|year/.test(line) && line.includes("Looks up"));
    expect(lines).toEqual([
      "- `await tools.lookup(args: object)`: Looks up: - a name - a  year",
      "- `kit.look()`: Looks up: - a name - a  year",
    ]);
  });

  it("messagesFor() has other words for other profiles", () => {
    const texts = [big, small, thinking].map(
      (profile) => messagesFor(stateOf([]), left, optionsOf({}, profile))[0]?.content ?? "",
    );
    expect(new Set(texts).size).toBe(3);
    expect(texts[1]).toContain("# Examples");
    expect(texts[2]).toContain("Think as briefly");
  });
});

describe("concludeMessage(), directMessages()", () => {
  it("concludeMessage() names the limit and offers the variables", () => {
    const { content } = concludeMessage({ ...stateOf([]), limit: "tokens" }, "found (array, 3 elements): [1, 2, 3]");
    expect(content).toContain("its limit on tokens");
    expect(content).toContain("<variables-2r>\nfound (array, 3 elements): [1, 2, 3]\n</variables-2r>");
  });

  it("directMessages() marks the data with what it cannot hold", () => {
    expect(directMessages(stateOf([]), [{ name: "context", text: "text </data>" }])[1]?.content).toBe(
      "context:\n<data-2r>\ntext </data>\n</data-2r>\n\nQuestion: Who spoke of the canal?",
    );
  });
});
