import type { ContextRef } from "../context.ts";
import { contextContent } from "../file-ref.ts";
import type { JournalEvent, TaskEvent } from "../journal.ts";
import type { JsonSchema } from "../json-schema.ts";
import type { Run } from "../run.ts";
import { broughtBy, sameContexts } from "../session-contexts.ts";
import type { RlmState } from "../state.ts";
import { noUsage } from "../usage.ts";
import { wishesOf } from "../wishes.ts";
import { answerBeginning } from "./answer-beginning.ts";
import { goesDirect } from "./next-step.ts";
import { variablesOf } from "./variables-of.ts";

/** What a further run in a REPL is asked. */
export interface FurtherTask {
  query: string;
  /** @default those that are there */
  contexts?: readonly ContextRef[];
  responseFormat: JsonSchema | undefined;
  cite?: true | undefined;
}

/**
 * A further run in the REPL of a session that ended, failed or was cut off: where it stands before its first step. It finds
 * the variables as the last whole block left them; a block that was open is dropped. Its task does not tell the variables
 * yet: see {@link meetVariables}.
 */
export async function furtherRun(
  before: RlmState,
  { query, contexts: given, responseFormat, cite }: FurtherTask,
  run: Pick<Run, "id" | "store" | "now">,
): Promise<RlmState> {
  const { seed, depth, versions, outcome } = before;
  const brought = given === undefined || sameContexts(given, before.task.contexts) ? [] : given;
  const contexts = brought.length > 0 ? brought : before.task.contexts;
  const earlier = [...(before.earlier ?? []), { ...before.task, contexts: broughtBy(before) }];
  const said = wishesOf(before.journal);
  const task: TaskEvent = {
    type: "task",
    runId: run.id,
    run: earlier.length,
    query,
    ...(responseFormat && { responseFormat }),
    ...(cite && { cite }),
    contexts: brought.map(contextContent),
    variables: [],
    ...(outcome && { before: await answerBeginning(outcome, before.task, run) }),
    ...(said.length > 0 && { said }),
  };
  return {
    task: { query, contexts, ...(responseFormat && { responseFormat }), ...(cite && { cite }) },
    earlier,
    journal: [...wholeBlocksOf(before.journal), task],
    pending: [],
    usage: noUsage,
    seed,
    startedAt: run.now(),
    depth,
    versions,
  };
}

/**
 * Opens the REPL of a further run that has not begun to work, and tells its task of the variables. `run.session` is used
 * again if it stands there and has all contexts; otherwise the REPL is rebuilt by replay. A run that goes direct needs none.
 */
export async function meetVariables(state: RlmState, run: Run): Promise<RlmState> {
  const task = state.journal.at(-1);
  if (task?.type !== "task" || goesDirect(state, run.limits)) return state;
  const found = await variablesOf(state, state.journal, run);
  const variables = found.slice(0, shownVariables).map(({ name, type, size }) => ({ name, type, size }));
  return { ...state, journal: [...state.journal.slice(0, -1), { ...task, variables }] };
}

const shownVariables = 50;

/** A journal up to where every block that began has its end. */
export function wholeBlocksOf(journal: readonly JournalEvent[]): readonly JournalEvent[] {
  const open = journal.findLastIndex(({ type }) => type === "block");
  return open < 0 || journal.slice(open).some(({ type }) => type === "end") ? journal : journal.slice(0, open);
}
