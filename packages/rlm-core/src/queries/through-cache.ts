import type { SubCallCache } from "../cache.ts";
import { canonicalJson, sha256 } from "../hash.ts";
import type { TokenUsage } from "../model.ts";
import type { Run } from "../run.ts";
import type { CallValue } from "../sandbox.ts";
import { abortable } from "./abortable.ts";
import type { Ask } from "./ask-once.ts";
import { redactKeys } from "./redact-keys.ts";
import { warn } from "./warn.ts";

/** What a plain sub-call gave, and what its requests used. */
export interface Reply {
  value: CallValue;
  usage: TokenUsage;
  model: string | undefined;
  /** Neither cut nor withheld nor empty: one like it is wanted again. */
  whole: boolean;
  /** It comes from the cache, or from a call that was under way: `usage` is what the first one used, and this one nothing. */
  cached?: true;
}

/**
 * A sub-call by the run's cache: what was asked before, or is being asked now, is not asked again. A hit takes nothing of the
 * budget and waits for no place. What fails in one call does not fail those that wait for it: the next of them asks.
 */
export async function throughCache(ask: Ask, run: Run, work: () => Promise<Reply>): Promise<Reply> {
  const { cache } = run;
  if (cache === undefined || isGivenUp(run)) return await work();
  const key = keyOf(ask, cache, run);
  const open = flightsOf(cache);
  let failed = 0;
  // Whoever has waited for two that failed asks for itself, or many calls of a failing model would ask one after the other.
  while (failed < 2) {
    const flight = open.get(key);
    if (flight === undefined) return await lead(ask, cache, key, run, work);
    const landed = await abortable(() => flight, ask.signal);
    if ("text" in landed) return readReply(landed.text);
    if (!landed.aborted) failed++;
  }
  return await asked(ask, cache, key, run, work);
}

/** How a call ended that others may have waited for: with a reply, as text; or with none, perhaps because nobody wanted it any more. */
type Landed = { text: string } | { aborted: boolean };

// By cache: runs of one process that share it share their calls too.
const allFlights = new WeakMap<SubCallCache, Map<string, Promise<Landed>>>();

function flightsOf(cache: SubCallCache): Map<string, Promise<Landed>> {
  const open = allFlights.get(cache) ?? new Map<string, Promise<Landed>>();
  allFlights.set(cache, open);
  return open;
}

async function lead(ask: Ask, cache: SubCallCache, key: string, run: Run, work: () => Promise<Reply>): Promise<Reply> {
  const open = flightsOf(cache);
  const { promise, resolve } = Promise.withResolvers<Landed>();
  open.set(key, promise);
  try {
    const kept = await read(ask, cache, key, run);
    if (kept === undefined) return await asked(ask, cache, key, run, work, (text) => resolve({ text }));
    resolve({ text: JSON.stringify(kept) });
    return kept;
  } finally {
    open.delete(key);
    resolve({ aborted: ask.signal.aborted });
  }
}

/** The model is asked, and what it says is kept, if it is whole. */
async function asked(
  ask: Ask,
  cache: SubCallCache,
  key: string,
  run: Run,
  work: () => Promise<Reply>,
  tell: (text: string) => void = () => {},
): Promise<Reply> {
  const reply = await work();
  if (!reply.whole) return reply;
  const text = JSON.stringify(reply);
  tell(text);
  if (!isGivenUp(run)) await tolerant("write to", ask, run, () => cache.set(key, text));
  return reply;
}

async function read(ask: Ask, cache: SubCallCache, key: string, run: Run): Promise<Reply | undefined> {
  return await tolerant("read", ask, run, async () => {
    const text = await cache.get(key);
    return text === undefined ? undefined : readReply(text);
  });
}

/** What a cache cannot do is no reason for a run to fail. */
async function tolerant<T>(
  action: string,
  { signal, depth }: Ask,
  run: Run,
  act: () => Promise<T>,
): Promise<T | undefined> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), patienceMs);
  try {
    return await abortable(act, AbortSignal.any([signal, late.signal]));
  } catch (error) {
    signal.throwIfAborted();
    const state = late.signal.aborted ? `no answer within ${patienceMs / 1000} s` : redactKeys(String(error));
    const kind = late.signal.aborted ? silent : `cache ${action}`;
    warn(`Cannot ${action} the cache of sub-calls, so the model is asked: ${state}`, { kind, depth }, run);
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

// One that does not answer costs each call its patience, so after some of that it is left alone.
function isGivenUp({ warned }: Run): boolean {
  return (warned.get(silent) ?? 0) >= 3;
}

const silent = "cache silent";
const patienceMs = 10_000;

/** The parts of a reply that are kept; each reader gets a copy. Throws for a text that is none. */
function readReply(text: string): Reply {
  const { value, usage, model } = JSON.parse(text) as Reply;
  const fits =
    typeof value.text === "string" && typeof value.json === "boolean" && typeof usage.inputTokens === "number";
  if (!fits) throw new TypeError("an entry is not the reply of a sub-call");
  return { value, usage, model, whole: true, cached: true };
}

/** A hash of all that reaches the model, and of how its reply is read. */
function keyOf(
  { messages, model, purpose, depth, responseFormat }: Ask,
  { namespace = "" }: SubCallCache,
  { limits }: Run,
): string {
  const { modelName, settings } = model;
  const { maxOutputTokens } = limits;
  return sha256(
    canonicalJson({
      format: 1, // another number where what is kept, or how a reply is read, changes
      namespace,
      model: { name: modelName, settings },
      messages,
      options: { purpose, depth, responseFormat, maxOutputTokens },
    }),
  );
}
