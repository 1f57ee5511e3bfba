import { InputError, storeContexts } from "rlm-core";
import { withAsking } from "../ask/asking.ts";
import type { AskRequest } from "../ask/ask-request.ts";
import { openModels } from "../ask/open-models.ts";
import type { Io } from "../io.ts";
import { keptFiles } from "./kept-files.ts";
import { runThread } from "./run-thread.ts";
import { settingsOf, settingsToKeep, type RunSettings } from "./run-settings.ts";
import { addToThread, dropUnbegun, type Thread } from "./thread-log.ts";
import { withThread } from "./with-thread.ts";

export interface AskThreadOptions {
  id: string;
  /** Whether `--context` was given: not needed from the second question on. */
  hasContext: boolean;
  /** Reads the command line, with what the thread has said before. */
  read(earlier: RunSettings | undefined): Promise<AskRequest>;
}

/** Asks a question in a thread, which keeps what its run needs to go on and what the code found; gives the exit code. */
export async function askThread({ id, hasContext, read }: AskThreadOptions, io: Io): Promise<number> {
  return await withThread(id, io, async (thread, state) => {
    dropUnbegun(thread);
    const last = thread.questions.at(-1);
    checkEnded(thread);
    if (last === undefined && !hasContext)
      throw new InputError(
        `No context: the first question of thread ${id} needs --context PATH (a file, a folder, a glob in quotes, or - for stdin)`,
      );
    const request = await read(last && settingsToKeep(last.settings));
    checkSecrets(request);
    const kept = keptFiles(state.folder, thread);
    return await withAsking(
      request,
      io,
      async (asking) => {
        const { loading, say, signal } = asking;
        const models = await openModels(asking);
        const loaded = hasContext ? await request.load(loading) : undefined;
        if (loaded !== undefined) say(`Context: ${loaded.words}`);
        const contexts = loaded && (await storeContexts(loaded.context, state.store, signal));
        const asked = { question: request.question, ...(contexts && { contexts }), settings: settingsOf(request) };
        const at = Date.now();
        await addToThread(state.store, id, { type: "asked", at, ...asked });
        kept.keep();
        thread.questions.push({ at, ...asked, runIds: [], ranUnder: new Map() });
        return await runThread(asking, { state, thread, models, isNew: true });
      },
      kept,
    );
  });
}

/** A question that was not answered would be lost by another one. */
function checkEnded({ id, questions }: Thread): void {
  const status = questions.at(-1)?.end?.status;
  if (questions.length === 0 || status === "answered") return;
  throw new InputError(
    `Cannot ask thread ${id} something new: its last question ${words[status ?? "died"]}; rlm resume ${id} goes on with it, rlm runs --delete ${id} forgets the thread`,
  );
}

const words = {
  stopped: "was stopped before its answer",
  failed: "failed before its answer",
  died: "was cut off before its answer",
  waiting: "waits for an approval",
};

/** What is written down is never a key. */
function checkSecrets({ baseUrl }: AskRequest): void {
  const url = baseUrl === undefined ? null : URL.parse(baseUrl);
  if (url === null || (url.username === "" && url.password === "" && url.search === "")) return;
  throw new InputError(
    "Cannot keep --base-url with a thread: it may hold a key (a user, a password or a query); set OPENAI_BASE_URL to it instead, which is not written down",
  );
}
