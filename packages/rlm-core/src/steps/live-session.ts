import { digestAfter, initialDigest, withoutRolledBack } from "../digest.ts";
import type { JournalEvent, ResultEvent, TaskEvent } from "../journal.ts";
import { sessionContexts } from "../session-contexts.ts";
import { kitSource, libraryTexts } from "../kit-source.ts";
import { isKit } from "../tool.ts";
import { toolsAt } from "../queries/call-tool.ts";
import type { Run } from "../run.ts";
import type { Session, SessionOptions, SubResult } from "../sandbox.ts";
import type { RlmState } from "../state.ts";
import { countToolCalls } from "./count-tool-calls.ts";
import { pagedContext, streamContext } from "../store-context.ts";

/**
 * The session that stands where the journal ends. A live one is reused only if its digest is one that the journal
 * passes through (a position alone would mistake another branch for this one); otherwise it is rebuilt by replay.
 */
export async function liveSession(state: RlmState, journal: readonly JournalEvent[], run: Run): Promise<Session> {
  const live = run.session;
  run.session = undefined;
  const options = sessionOptions(state, run);
  if (live !== undefined) {
    const rest = restAfter(live.digest, initialDigest(options), journal);
    if (rest !== undefined) return await deliver(live, rest, run);
    await live.close();
  }
  countToolCalls(journal, run);
  return await run.sandbox.open({ ...options, history: journal, signal: run.signal });
}

export function sessionOptions(state: RlmState, run: Run): SessionOptions {
  const { task, earlier = [], seed, depth } = state;
  const { responseFormat } = earlier[0] ?? task;
  const { limits } = run;
  return {
    contexts: sessionContexts(state),
    read: (ref) => run.store.get(ref),
    stream: (ref) => streamContext(ref, run.store),
    paged: pagedContext,
    seed,
    queries: limits.depth > depth,
    tools: toolsAt(depth, run.tools).map(({ name }) => name),
    kits: run.tools.filter(isKit).map(kitSource),
    libraries: libraryTexts(run.tools),
    limits,
    ...(responseFormat && { responseFormat }),
  };
}

/** A result as the session takes it. */
async function subResultOf({ id, hash, ok, ref, json }: ResultEvent, run: Run): Promise<SubResult> {
  return { id, hash, ok, value: { text: await run.store.get(ref), json }, ref };
}

type Rest = ResultEvent | TaskEvent;

/**
 * What in the journal the session has not seen, if that is results, or a further run without contexts of its own; undefined
 * if it is not on this journal's way, or further behind.
 */
function restAfter(digest: string, initial: string, journal: readonly JournalEvent[]): Rest[] | undefined {
  const kept = withoutRolledBack(journal);
  let at = initial;
  let rest: JournalEvent[] | undefined = at === digest ? [] : undefined;
  for (const event of kept) {
    if (event.type !== "block" && event.type !== "result" && event.type !== "task") continue;
    at = digestAfter(at, event);
    rest?.push(event);
    if (at === digest) rest = [];
  }
  return rest?.every(isDeliverable) === true ? rest : undefined;
}

function isDeliverable(event: JournalEvent): event is Rest {
  return event.type === "result" || (event.type === "task" && event.contexts.length === 0);
}

async function deliver(session: Session, rest: readonly Rest[], run: Run): Promise<Session> {
  try {
    let results: ResultEvent[] = [];
    for (const event of [...rest, undefined]) {
      if (event?.type === "result") {
        results.push(event);
        continue;
      }
      if (results.length > 0)
        await session.resume(await Promise.all(results.map((result) => subResultOf(result, run))), run.signal);
      results = [];
      if (event !== undefined) await session.begin(event);
    }
    return session;
  } catch (error) {
    await session.close();
    throw error;
  }
}
