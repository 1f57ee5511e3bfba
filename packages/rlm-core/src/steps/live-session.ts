import { digestAfter, initialDigest, withoutRolledBack } from "../digest.ts";
import type { JournalEvent, ResultEvent } from "../journal.ts";
import { isKit, kitSource } from "../tool.ts";
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

export function sessionOptions({ task, seed, depth }: RlmState, run: Run): SessionOptions {
  const { limits } = run;
  return {
    contexts: task.contexts,
    read: (ref) => run.store.get(ref),
    stream: (ref) => streamContext(ref, run.store),
    paged: pagedContext,
    seed,
    queries: limits.depth > depth,
    tools: toolsAt(depth, run.tools).map(({ name }) => name),
    kits: run.tools.filter(isKit).map(kitSource),
    limits,
    ...(task.responseFormat === undefined ? {} : { responseFormat: task.responseFormat }),
  };
}

/** A result as the session takes it. */
async function subResultOf({ id, hash, ok, ref, json }: ResultEvent, run: Run): Promise<SubResult> {
  return { id, hash, ok, value: { text: await run.store.get(ref), json }, ref };
}

/** The results in the journal that the session has not seen; undefined if it is not on this journal's way, or further behind. */
function restAfter(digest: string, initial: string, journal: readonly JournalEvent[]): ResultEvent[] | undefined {
  const kept = withoutRolledBack(journal);
  let at = initial;
  let rest: JournalEvent[] | undefined = at === digest ? [] : undefined;
  for (const event of kept) {
    if (event.type !== "block" && event.type !== "result") continue;
    at = digestAfter(at, event);
    rest?.push(event);
    if (at === digest) rest = [];
  }
  return rest?.every((event) => event.type === "result") === true ? rest : undefined;
}

async function deliver(session: Session, results: readonly ResultEvent[], run: Run): Promise<Session> {
  if (results.length === 0) return session;
  try {
    await session.resume(await Promise.all(results.map((result) => subResultOf(result, run))), run.signal);
    return session;
  } catch (error) {
    await session.close();
    throw error;
  }
}
