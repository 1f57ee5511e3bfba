import { array, constantFrom, record, integer, type Arbitrary } from "fast-check";
import type { SubResult, Tool } from "rlm-core";
import {
  scriptedSandbox,
  type Given,
  type ScriptedCall,
  type ScriptedSandbox,
  type ScriptedStep,
} from "rlm-core/testing";

/** What a block of code does: it makes calls, which end with it if there are any, and then it ends. */
export interface Program {
  calls: readonly ("llm" | "child" | "tool")[];
  /** Characters that it prints. */
  prints: number;
  ends: "shown" | "error" | "undone" | "final";
  /** Further calls behind its calls. */
  more: number;
}

/** Blocks of a session, one a turn; after these it gives its answer. */
export const programs: Arbitrary<Program[]> = array(
  record({
    calls: array(constantFrom("llm", "llm", "child", "tool"), { maxLength: 3 }),
    prints: constantFrom(0, 20, 2_500),
    ends: constantFrom("shown", "shown", "shown", "error", "undone", "final"),
    more: integer({ min: 0, max: 1 }),
  }),
  { maxLength: 4 },
) as Arbitrary<Program[]>;

/** A block as code of this toy: `name` makes its calls its own, `gives` is the answer where it ends with one. */
export function codeOf(block: Block): string {
  return JSON.stringify(block);
}

interface Block extends Program {
  name: string;
  gives: string;
}

/** A sandbox whose code is a {@link Program}: what it does after its calls stands in their texts, so it needs no memory. */
export function toySandbox(): ScriptedSandbox {
  return scriptedSandbox(Array.from({ length: 300 }, () => Array.from({ length: 300 }, () => play)));
}

export const toyTool: Tool = {
  name: "look",
  description: "Looks.",
  parameters: { type: "object" },
  approve: true,
  inherit: true,
  run: async (args) => JSON.stringify(args),
};

function play(given: Given): ScriptedStep {
  if (given.type === "run") return stepOf(blockIn(given.code) ?? failed);
  const rest = given.results.flatMap(({ ok, value }: SubResult) => (ok ? (blockIn(value.text) ?? []) : []))[0];
  return stepOf(rest ?? failed);
}

const failed: Block = { name: "failed", calls: [], prints: 10, ends: "shown", more: 0, gives: "" };

function stepOf({ calls, ...block }: Block): ScriptedStep {
  if (calls.length > 0) return { calls: calls.map((kind, index) => callOf(kind, index, block)) };
  if (block.ends === "final") return { answer: block.gives };
  const output = "word ".repeat(block.prints / 5);
  if (block.ends === "shown") return { output };
  const rolledBack = block.ends === "undone" ? { rolledBack: true } : {};
  return { output, error: { kind: "thrown", message: "Error: no" }, ...rolledBack };
}

function callOf(kind: Program["calls"][number], index: number, block: Omit<Block, "calls">): ScriptedCall {
  const calls: Program["calls"] = block.more > 0 ? ["llm"] : [];
  const text = codeOf({ ...block, calls, more: 0, name: `${block.name}.${index}` });
  if (kind === "llm") return text;
  if (kind === "tool") return { kind: "tool", name: "look", prompt: text };
  return { kind: "rlm", prompt: text, context: { text: `part ${index}`, json: false } };
}

/** The block that a text is or holds. */
function blockIn(text: string): Block | undefined {
  const json = /\{.*\}/s.exec(text)?.[0];
  try {
    const block = JSON.parse(json ?? "") as Partial<Block>;
    return block.calls === undefined ? undefined : (block as Block);
  } catch {
    return undefined;
  }
}
