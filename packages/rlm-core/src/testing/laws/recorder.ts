import assert from "node:assert/strict";
import type { ContextRef } from "../../context.ts";
import type { JournalEvent } from "../../journal.ts";
import type { CallValue, Done, Progress, Session, SessionOptions, SubCall, SubResult } from "../../sandbox.ts";
import { memoryStore } from "../../stores/memory.ts";
import { prefixOf } from "../../text-length.ts";

/** Opens a session; what the options leave out is the implementation's choice. */
export type OpenSession = (options: Partial<SessionOptions>) => Promise<Session>;

/** What a call is answered with: a text, any other value as JSON, or an error: its message, with its `code` if it has one. */
export type Reply = unknown;

/** A session with the journal that a driver would keep of it. */
export interface Recorded {
  readonly session: Session;
  readonly journal: JournalEvent[];
  readonly options: SessionOptions;
  /** Runs a block until it waits or ends. */
  run(code: string, clock?: number, signal?: AbortSignal): Promise<Progress>;
  /** Delivers replies, in this order. */
  resume(replies: readonly (readonly [SubCall, Reply])[], signal?: AbortSignal): Promise<Progress>;
  /** Runs a block to its end. Calls are answered one by one, the latest first, so that order is no accident. */
  finish(code: string, reply?: (call: SubCall) => Reply): Promise<Done>;
}

/** Opens sessions for one law and closes them after it. */
export interface Bench {
  open: (options?: Partial<SessionOptions>, contexts?: Record<string, unknown>) => Promise<Recorded>;
  /** A new session from the journal, which has more contexts: those that a run brings. */
  brings: (recorded: Recorded, run: number, contexts: Record<string, unknown>) => Promise<Recorded>;
  /** A new session of the same options, from a journal. */
  replay: (recorded: Recorded, history?: readonly JournalEvent[]) => Promise<Recorded>;
}

/** Small, so that laws about limits are quick. */
export const lawLimits: SessionOptions["limits"] = {
  promptChars: 10_000,
  outputChars: 1_000,
  computeMs: 5_000,
  heapMb: 64,
  answerChars: 5_000,
};

export async function withBench(open: OpenSession, use: (bench: Bench) => Promise<void>): Promise<void> {
  const opened: Session[] = [];
  const store = memoryStore();
  const base: SessionOptions = {
    contexts: [],
    read: (ref) => store.get(ref),
    async *stream(ref) {
      yield await store.get(ref);
    },
    seed: 1,
    queries: true,
    tools: [],
    kits: [],
    limits: lawLimits,
  };
  const openRecorded = async (options: SessionOptions, journal: JournalEvent[]): Promise<Recorded> => {
    const session = await open(options);
    opened.push(session);
    return record(session, journal, options, (text) => store.put(text));
  };
  const refsTo = async (contexts: Record<string, unknown>): Promise<ContextRef[]> =>
    await Promise.all(Object.entries(contexts).map(([name, value]) => refTo(name, value, (text) => store.put(text))));
  try {
    await use({
      async open(options = {}, contexts = {}) {
        return await openRecorded({ ...base, contexts: await refsTo(contexts), ...options }, []);
      },
      async brings({ options, journal }, run, contexts) {
        const more = (await refsTo(contexts)).map((ref) => ({ ...ref, run }));
        const all = { ...options, contexts: [...options.contexts, ...more], history: [...journal] };
        return await openRecorded(all, [...journal]);
      },
      replay: ({ options, journal }, history = journal) => openRecorded({ ...options, history }, [...history]),
    });
  } finally {
    await Promise.all(opened.map((session) => session.close()));
  }
}

/** The calls of a progress that has to be waiting. */
export function callsOf(progress: Progress): SubCall[] {
  assert.equal(progress.kind, "waiting", `Expected the block to wait, got ${JSON.stringify(progress)}`);
  return progress.kind === "waiting" ? progress.calls : [];
}

/** The end of a block that has to be done. */
export function doneOf(progress: Progress): Done {
  assert.equal(progress.kind, "done", `Expected the block to be done, got ${JSON.stringify(progress).slice(0, 500)}`);
  if (progress.kind !== "done") throw new TypeError("not done");
  return progress;
}

/** What a block printed that has to have gone well. */
export function printedBy(progress: Progress): string {
  const { error, output } = doneOf(progress);
  assert.equal(error, undefined, `Expected the block to go well, got ${error?.message}`);
  return output.text.trimEnd();
}

type Put = (text: string) => Promise<string>;

function record(session: Session, journal: JournalEvent[], options: SessionOptions, put: Put): Recorded {
  let delivery = journal.filter(({ type }) => type === "result").length;

  async function keep(progress: Progress): Promise<Progress> {
    if (progress.kind === "waiting")
      for (const { id, kind, hash } of progress.calls) journal.push({ type: "call", id, kind, hash });
    else journal.push(await endOf(progress, put));
    return progress;
  }

  const recorded: Recorded = {
    session,
    journal,
    options,
    async run(code, clock = 1_000_000 + journal.length, signal) {
      const progress = await session.run({ code, clock }, signal);
      journal.push({ type: "block", code, clock });
      return await keep(progress);
    },
    async resume(replies, signal) {
      const results = await Promise.all(replies.map(([call, reply]) => resultOf(call, reply, put)));
      const progress = await session.resume(results, signal);
      for (const { id, hash, ok, value, ref } of results)
        journal.push({ type: "result", id, hash, ok, ref, json: value.json, delivery: (delivery += 1) });
      return await keep(progress);
    },
    async finish(code, reply = ({ prompt }) => `re: ${prompt}`) {
      let progress = await recorded.run(code);
      while (progress.kind === "waiting") {
        const call = session.last.outstanding.at(-1);
        assert.ok(call, "Expected a block that waits to have calls outstanding");
        progress = await recorded.resume([[call, reply(call)]]);
      }
      return progress;
    },
  };
  return recorded;
}

async function endOf({ output, error, answer, rolledBack, computeMs }: Done, put: Put): Promise<JournalEvent> {
  return {
    type: "end",
    output,
    ...(error && { error }),
    ...(answer && { answer: { ref: await put(answer.text), json: answer.json } }),
    ...(rolledBack !== undefined && { rolledBack }),
    computeMs,
  };
}

async function resultOf({ id, hash }: SubCall, reply: Reply, put: Put): Promise<SubResult> {
  const ok = !(reply instanceof Error);
  const value: CallValue = reply instanceof Error ? failureOf(reply) : valueOf(reply);
  return { id, hash, ok, value, ref: await put(value.text) };
}

function failureOf(error: Error): CallValue {
  if (!("code" in error)) return { text: error.message, json: false };
  return { text: JSON.stringify({ code: error.code, message: error.message }), json: true };
}

function valueOf(reply: Reply): CallValue {
  return typeof reply === "string" ? { text: reply, json: false } : { text: JSON.stringify(reply), json: true };
}

async function refTo(name: string, value: unknown, put: Put): Promise<ContextRef> {
  const { text, json } = valueOf(value);
  const kind = !json ? "string" : Array.isArray(value) ? "array" : "object";
  return { name, kind, length: text.length, ref: await put(text), prefix: prefixOf(text) };
}
