import { InputError, type Cited, type RlmResult } from "rlm-core";
import type { Given } from "../ask/ask-options.ts";
import { withAsking } from "../ask/asking.ts";
import { openModels } from "../ask/open-models.ts";
import { readRequest } from "../ask/read-request.ts";
import { tellRecorded } from "../ask/tell-recorded.ts";
import type { Io } from "../io.ts";
import { placesIn, runThread } from "./run-thread.ts";
import { otherLimits } from "./other-limits.ts";
import type { State } from "./state-folder.ts";
import type { Ended } from "./thread-log.ts";
import { withThread } from "./with-thread.ts";

/** Goes on with a thread's last question, as it was asked unless flags say otherwise; of one that is answered it gives the answer. */
export async function resumeThread(id: string, given: Given, io: Io): Promise<number> {
  return await withThread(id, io, async (thread, state) => {
    const last = thread.questions.at(-1);
    if (last === undefined) throw new InputError(`Cannot resume thread ${id}: it has no question`);
    const request = await readRequest(last.question, given, io, { earlier: last.settings });
    return await withAsking(request, io, async (asking) => {
      const { status, limit, runId = "" } = last.end ?? {};
      // The best answer at a limit may be a better one where that is raised.
      const isFinal = limit === undefined || otherLimits(last, runId, request.givenLimits)?.[limit] === undefined;
      if (last.end !== undefined && status === "answered" && isFinal) {
        if (typeof request.trace === "string") asking.say(`No trace at ${request.trace}: nothing is asked.`);
        return await tellRecorded(await recordedResult(last.end, state), request, io, {
          places: placesIn(thread, state),
        });
      }
      const models = await openModels(asking);
      return await runThread(asking, { state, thread, models, isNew: false });
    });
  });
}

async function recordedResult(
  { answerRef = "", limit, usage, runId = "" }: Ended,
  { store }: State,
): Promise<RlmResult<unknown>> {
  const kept = JSON.parse(await store.get(answerRef)) as Pick<RlmResult<unknown>, "answer" | "status"> & Partial<Cited>;
  if (usage === undefined) throw new TypeError("Cannot tell an answer: its thread has no usage of it");
  return { ...kept, usage, runId, ...(limit && { limit }) };
}
