import { InputError, type Limits, type RlmResult } from "rlm-core";
import { answerText, notesOf } from "../ask/report.ts";
import type { Given } from "../ask/ask-options.ts";
import { withAsking } from "../ask/asking.ts";
import { openModels } from "../ask/open-models.ts";
import { readRequest } from "../ask/read-request.ts";
import type { AskRequest } from "../ask/ask-request.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Io } from "../io.ts";
import { write } from "../write.ts";
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
        return await tellRecorded(last.end, request, state, io);
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

async function tellRecorded(
  { answerRef = "", limit, usage, runId = "" }: Ended,
  request: AskRequest,
  { store }: State,
  io: Io,
): Promise<number> {
  const { answer, status } = JSON.parse(await store.get(answerRef)) as Pick<RlmResult<unknown>, "answer" | "status">;
  if (usage === undefined) throw new TypeError("Cannot tell an answer: its thread has no usage of it");
  const result: RlmResult<unknown> = { answer, status, usage, runId, ...(limit && { limit }) };
  const { json, quiet } = request;
  const isTTY = io.stdout.isTTY === true;
  await write(io.stdout, answerText({ result, largestRequest: 0 }, { json, trace: undefined, isTTY }));
  if (!quiet)
    for (const note of ["The recorded answer: nothing was asked.", ...notesOf({ result }, request)])
      io.stderr.write(`${note}\n`);
  return status === "concluded" ? exitCodes.concluded : exitCodes.answered;
}
