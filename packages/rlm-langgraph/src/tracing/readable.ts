import type { Command } from "@langchain/langgraph";
import type { RlmState, RunStore } from "rlm-core";
import { turnsOf } from "rlm-core/driver";

/** What a trace shows of a node, in the place of references into the store. */
export interface ShownStep {
  turn: number;
  /** What the root model wrote. */
  reply?: string;
  /** What ran, what the model was shown of its output, and how it failed. */
  code?: string;
  output?: string;
  error?: string;
  /** Child RLMs that the code waits for. */
  children?: number;
  limit?: string;
  status?: string;
  /** The first characters of it; the whole is in the output of the graph, or for a child in the store. */
  answer?: string;
}

/** The command of a node, which traces show as `shown` and where it goes. */
export function readable(command: Command, shown: ShownStep): Command {
  // Of this package the graph reads the fields; only what writes it down as text asks for this.
  return Object.defineProperty(command, "toJSON", { value: () => ({ ...shown, next: nextOf(command) }) });
}

function nextOf({ goto }: Command): string {
  const nodes = [goto ?? []].flat().map((to) => (typeof to === "string" ? to : to.node));
  return [...new Set(nodes)].join(", ");
}

/** What a step has done, as far as it is written in the state: no text of a context, but for what code printed of it. */
export async function shownStep(
  name: string,
  before: RlmState,
  after: RlmState,
  store: Pick<RunStore, "get">,
): Promise<ShownStep> {
  const turns = turnsOf(after.journal);
  const turn = turns.at(-1);
  const { outcome, limit, pending } = after;
  const isNew = outcome !== undefined && before.outcome === undefined;
  return {
    turn: turns.length,
    ...(name === "generate" && turns.length > turnsOf(before.journal).length && { reply: turn?.reply.text ?? "" }),
    ...(name === "execute" && turn?.block && { code: turn.block.code }),
    ...(name === "execute" && turn?.end && { output: turn.end.output.text }),
    ...(name === "execute" && turn?.end?.error && { error: turn.end.error.message }),
    ...(pending.length > 0 && { children: pending.length }),
    ...(limit !== undefined && { limit }),
    ...(isNew && { status: outcome.status, answer: excerpt(await store.get(outcome.answerRef)) }),
  };
}

function excerpt(text: string): string {
  return text.length <= shownLength ? text : `${text.slice(0, shownLength)}…`;
}

const shownLength = 1_000;
