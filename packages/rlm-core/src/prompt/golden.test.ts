import { describe, expect, it } from "vitest";
import type { JournalEvent, Left } from "../journal.ts";
import type { ContextRef } from "../context.ts";
import { contextContent } from "../file-ref.ts";
import { resolveLimits } from "../limits.ts";
import type { ChatMessage } from "../model.ts";
import { earlierContexts } from "../session-contexts.ts";
import type { RlmState } from "../state.ts";
import { noUsage } from "../usage.ts";
import { compactMessage, plainNotes } from "./compaction.ts";
import { concludeMessage, directMessages, messagesFor } from "./messages.ts";
import { big, small, thinking, type Profile } from "./profile.ts";

// What a model reads, to the letter: a change of these words is to be tried on a reasoner, and seen in review.
const context = {
  name: "context",
  kind: "string",
  length: 10_781_809,
  ref: "sha256:0",
  prefix: "Fellow-Citizens",
} as const;
const left: Left = { turn: 1, turns: 30, calls: 200 };
const journal: JournalEvent[] = [
  {
    type: "reply",
    text: "I look first.\n```repl\nprint(find('canal'))\n```",
    left,
    usage: { inputTokens: 1, outputTokens: 1 },
    model: "m",
  },
  { type: "block", code: "print(find('canal'))", clock: 0 },
  {
    type: "end",
    output: { text: "1 of 1 hits\n", chars: 12 },
    error: { kind: "thrown", message: "TypeError: x is not a function (line 1)" },
    computeMs: 1,
  },
];

describe("the words that a model reads", () => {
  it.each([
    ["big", big, 1],
    ["big, with children", big, 2],
    ["big, without sub-calls", big, 0],
    ["small", small, 1],
    ["thinking", thinking, 1],
  ])("messagesFor() of profile %s", async (name, profile, depth) => {
    const messages = messagesFor(stateOf(journal), { turn: 2, turns: 30, calls: 199 }, optionsOf(profile, depth));
    await expect(shown(messages)).toMatchFileSnapshot(`golden/${name.replaceAll(/\W+/g, "-")}.md`);
  });

  it("messagesFor() of contexts that are read in parts", async () => {
    const log: ContextRef = {
      name: "log",
      kind: "string",
      length: 7_000_000_000,
      ref: "",
      prefix: "2026-11-26 start",
      paged: true,
    };
    const sales: ContextRef = {
      name: "sales",
      kind: "array",
      items: 12_000_000,
      length: 600_000_000,
      ref: "",
      prefix: '[{"id":1}',
      paged: true,
    };
    const state = stateOf([]);
    const options = optionsOf(big, 2);
    const contexts = [log, sales];
    const messages = messagesFor(
      { ...state, task: { ...state.task, contexts } },
      { turn: 1, turns: 30, calls: 200 },
      { ...options, surface: { ...options.surface, contexts } },
    );
    await expect(shown(messages)).toMatchFileSnapshot("golden/long-contexts.md");
  });

  it("compactMessage(), and messagesFor() of what it came to", async () => {
    const variables = "hits (array, 3 elements): [1881, 1902, 1914]";
    const text = "Found: the canal stands in three texts.";
    const compact: JournalEvent = { type: "compact", text, turns: 1, variables: "hits (array, 3 elements)" };
    const state = stateOf([...journal, compact]);
    const ask = compactMessage({ turns: 4, words: 700, variables }, state);
    const after = messagesFor(state, { turn: 2, turns: 30, calls: 199 }, optionsOf(big, 1)).slice(2);
    const bare = { role: "assistant", content: plainNotes(stateOf(journal), 1) } as const;
    await expect(shown([{ role: "user", content: ask }, ...after, bare])).toMatchFileSnapshot("golden/compaction.md");
  });

  it("messagesFor() of turns that a person reviewed", async () => {
    const [reply, block, end] = journal as [JournalEvent, JournalEvent, JournalEvent];
    const rejected = { type: "review", kind: "code", decision: "reject", message: "Search for 'Panama'." } as const;
    const edited = { type: "review", kind: "code", decision: "edit", code: "print(find('Panama'))" } as const;
    const args = { year: 1904 };
    const called = { type: "review", kind: "tool", decision: "edit", id: 1, tool: "archive", args } as const;
    const refused = {
      type: "review",
      kind: "answer",
      decision: "reject",
      message: "Name all of them.",
      began: "Taft",
    } as const;
    const events = [reply, rejected, reply, edited, block, called, end, reply, block, end, refused];
    const messages = messagesFor(stateOf(events), { turn: 4, turns: 30, calls: 190 }, optionsOf(big, 1));
    await expect(shown(messages.slice(2))).toMatchFileSnapshot("golden/reviewed-turns.md");
  });

  it("messagesFor() and directMessages() of a further run", async () => {
    const rows: ContextRef = { name: "rows", kind: "array", items: 3, length: 90, ref: "", prefix: "[1," };
    const before = stateOf(journal);
    const task: JournalEvent = {
      type: "task",
      runId: "r",
      run: 1,
      query: "How many of them are from 1905?",
      contexts: [contextContent(rows)],
      variables: [
        { name: "found", type: "array", size: "12 elements" },
        { name: "byYear", type: "Map", size: "3 entries" },
        { name: "total", type: "number", size: "" },
      ],
      before: "Roosevelt and Taft spoke of it.",
      said: ["Search for 'Panama'.", "Name all of them,\n- with the year."],
    };
    const state: RlmState = {
      ...before,
      task: { query: task.query, contexts: [rows] },
      earlier: [before.task],
      journal: [...journal, task],
    };
    const options = optionsOf(big, 1);
    const surface = { ...options.surface, contexts: [rows], earlier: earlierContexts(state), reviewed: true };
    const messages = messagesFor(state, left, { ...options, surface });
    const direct = directMessages(state, [
      { name: "rows", text: "[1,2,3]" },
      { name: "context_0", text: "A short text." },
    ]);
    await expect(shown([...messages, ...direct])).toMatchFileSnapshot("golden/further-run.md");
  });

  it("directMessages() and concludeMessage()", async () => {
    const state = { ...stateOf(journal), limit: "turns" } as const;
    const messages = [
      ...directMessages(state, [{ name: "context", text: "A short text." }]),
      concludeMessage(state, "found (array, 2 elements): …"),
    ];
    await expect(shown(messages)).toMatchFileSnapshot("golden/direct-and-conclude.md");
  });

  it("messagesFor(), directMessages() and concludeMessage() of an answer with evidence", async () => {
    const plain = stateOf(journal);
    const state = { ...plain, task: { ...plain.task, cite: true }, limit: "turns" } as const;
    const options = optionsOf(big, 1);
    const surface = { ...options.surface, cite: true };
    const without = messagesFor(state, left, options).flatMap(({ content }) => content.split("\n"));
    const added = messagesFor(state, left, { ...options, surface })
      .flatMap(({ content }) => content.split("\n"))
      .filter((line) => !without.includes(line));
    expect(added).toHaveLength(1);
    const format = { type: "object", required: ["year"] };
    const messages: ChatMessage[] = [
      { role: "system", content: added.join("\n") },
      ...directMessages(state, [{ name: "context", text: "A short text." }]),
      concludeMessage({ ...state, task: { ...state.task, responseFormat: format } }, ""),
    ];
    await expect(shown(messages)).toMatchFileSnapshot("golden/cite.md");
  });
});

function stateOf(events: JournalEvent[]): RlmState {
  const task = { query: "Who spoke of the canal?", contexts: [context] };
  const versions = { schema: 1, v8: "" };
  return { task, journal: events, pending: [], usage: noUsage, seed: 99, startedAt: 0, depth: 0, versions };
}

function optionsOf(profile: Profile, depth: number) {
  const limits = resolveLimits({ depth });
  const surface = { contexts: [context], queries: depth > 0, recursion: depth > 1, tools: [], models: [], limits };
  return { profile, surface };
}

function shown(messages: ChatMessage[]): string {
  return messages.map(({ role, content }) => `<!-- ${role} -->\n\n${content}\n`).join("\n");
}
