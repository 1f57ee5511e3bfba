import { expect, it } from "vitest";
import type { JournalEvent } from "../journal.ts";
import { noUsage } from "../usage.ts";
import { compactMessage, plainNotes } from "./compaction.ts";

const left = { turn: 1, turns: 30, calls: 200 };
const reply = (text: string): JournalEvent => ({
  type: "reply",
  text,
  left,
  usage: { inputTokens: 1, outputTokens: 1 },
  model: "m",
});
const state = (journal: JournalEvent[]) => ({
  task: { query: "q", contexts: [] },
  journal,
  pending: [],
  usage: noUsage,
  seed: 9,
  startedAt: 0,
  depth: 0,
  versions: { schema: 1, v8: "" },
});
const turns: JournalEvent[] = [
  reply("I look.\n```repl\nread(secrets)\n```"),
  { type: "review", kind: "code", decision: "reject", message: "Leave the secrets alone." },
  reply("Then so.\n```repl\nx = 1\n```"),
  { type: "review", kind: "code", decision: "edit", code: `x = 2 // ${"2".repeat(400)}` },
  { type: "block", code: `x = 2 // ${"2".repeat(400)}`, clock: 0 },
  { type: "end", output: { text: "2", chars: 1 }, computeMs: 1 },
];

it("plainNotes() keeps what a person stopped, said and changed, which is cut", () => {
  const notes = plainNotes(state(turns), 2);
  expect(notes).toContain("A person stopped your code: nothing of it was run. They say: Leave the secrets alone.");
  expect(notes).toContain("This is what ran:\n```repl\nx = 2 // 22");
  expect(notes).toContain("2…\n```");
  expect(notes).not.toContain("2".repeat(301));
});

it("compactMessage() asks for what a person said only where one did", () => {
  const request = { turns: 2, words: 100, variables: "" };
  const words = "What a person changed, stopped or said holds further on";
  expect(compactMessage(request, state(turns))).toContain(words);
  expect(compactMessage(request, state(turns.filter(({ type }) => type !== "review")))).not.toContain(words);
});
