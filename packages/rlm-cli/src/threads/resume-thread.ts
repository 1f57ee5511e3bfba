import { InputError, type Limits, type RlmResult } from "rlm-core";
import type { Given } from "../ask/ask-options.ts";
import { withAsking } from "../ask/asking.ts";
import { openModels } from "../ask/open-models.ts";
import { readRequest } from "../ask/read-request.ts";
import { tellRecorded } from "../ask/tell-recorded.ts";
import type { Io } from "../io.ts";
import { runThread } from "./run-thread.ts";
import { limitsIn, settingsOf } from "./run-settings.ts";
import type { State } from "./state-folder.ts";
import { addToThread, type Ended } from "./thread-log.ts";
import { withThread } from "./with-thread.ts";

/** Goes on with a thread's last question, as it was asked unless flags say otherwise; of one that is answered it gives the answer. */
export async function resumeThread(id: string, given: Given, io: Io): Promise<number> {
  return await withThread(id, io, async (thread, state) => {
    const last = thread.questions.at(-1);
    if (last === undefined) throw new InputError(`Cannot resume thread ${id}: it has no question`);
    const request = await readRequest(last.question, given, io, { earlier: last.settings });
    return await withAsking(request, io, async (asking) => {
      const raised = changed(limitsIn(last.settings), request.givenLimits);
      const { status, limit } = last.end ?? {};
      // The best answer at a limit may be a better one where that is raised.
      const isFinal = limit === undefined || raised?.[limit] === undefined;
      if (last.end !== undefined && status === "answered" && isFinal)
        return await tellRecorded(await recordedResult(last.end, state), request, io);
      const models = await openModels(asking);
      last.settings = settingsOf(request);
      await addToThread(state.store, id, { type: "resumed", at: Date.now(), settings: last.settings });
      return await runThread(asking, { state, thread, models, isNew: false, raised });
    });
  });
}

/** Those that differ from what they were; undefined where none does. */
function changed(before: Partial<Limits>, now: Partial<Limits>): Partial<Limits> | undefined {
  const others = Object.entries(now).filter(([name, value]) => before[name as keyof Limits] !== value);
  return others.length === 0 ? undefined : Object.fromEntries(others);
}

async function recordedResult(
  { answerRef = "", limit, usage, runId = "" }: Ended,
  { store }: State,
): Promise<RlmResult<unknown>> {
  const { answer, status } = JSON.parse(await store.get(answerRef)) as Pick<RlmResult<unknown>, "answer" | "status">;
  if (usage === undefined) throw new TypeError("Cannot tell an answer: its thread has no usage of it");
  return { answer, status, usage, runId, ...(limit && { limit }) };
}
