import { digestAfter, initialDigest, withoutRolledBack } from "../digest.ts";
import { ReplayError, SandboxError } from "../errors.ts";
import { hashCall, sha256 } from "../hash.ts";
import type { JournalEvent } from "../journal.ts";
import type { CodeError } from "../output.ts";
import type { CallValue, Progress, Sandbox, Session, SessionOptions, SubCall, SubResult } from "../sandbox.ts";

/** What a session was given: a block, or the results of all calls that it waited for. */
export type Given = { type: "run"; code: string; clock: number } | { type: "resume"; results: SubResult[] };

/** What a session does next: makes calls, ends the block, or throws as a lost sandbox does. */
export type ScriptedStep = { calls: readonly ScriptedCall[] } | ScriptedEnd | Error | ((given: Given) => ScriptedStep);

/** A prompt of `llm_query`, or any call without its id and hash. */
export type ScriptedCall =
  | string
  | (Pick<SubCall, "kind" | "prompt"> & Partial<Pick<SubCall, "name" | "context" | "options">>);

export interface ScriptedEnd {
  /** @default nothing printed */
  output?: string;
  error?: CodeError;
  /** What FINAL got: a string as it is, anything else as JSON. */
  answer?: unknown;
  rolledBack?: boolean;
  /** @default 1 */
  computeMs?: number;
}

export interface ScriptedSession extends Session {
  readonly options: SessionOptions;
  /** What it was given, in order; what comes of a history too. */
  readonly given: readonly Given[];
  readonly closed: boolean;
}

export interface ScriptedSandbox extends Sandbox {
  /** Every session that was opened, in order. */
  readonly sessions: readonly ScriptedSession[];
}

/**
 * A sandbox without a REPL: each session plays the next script, one step for each block and one for each time that all its calls are answered.
 * A session of the same seed and contexts as an earlier one, as a replay opens it, plays that one's script again from its start.
 */
export function scriptedSandbox(scripts: readonly (readonly ScriptedStep[])[]): ScriptedSandbox {
  const sessions: ScriptedSession[] = [];
  const known = new Map<string, readonly ScriptedStep[]>();
  return {
    v8: "scripted",
    sessions,
    async open(options) {
      options.signal?.throwIfAborted();
      const key = initialDigest(options);
      const script = known.get(key) ?? scripts[known.size];
      if (script === undefined)
        throw new SandboxError(`Cannot open a session: there are ${scripts.length} scripts, all used`);
      known.set(key, script);
      const { session, replay } = createSession(script, options);
      sessions.push(session);
      await replay();
      return session;
    },
    async close() {},
  };
}

function createSession(
  script: readonly ScriptedStep[],
  options: SessionOptions,
): { session: ScriptedSession; replay: () => Promise<void> } {
  const given: Given[] = [];
  const outstanding = new Map<number, SubCall>();
  let delivered: SubResult[] = [];
  let digest = initialDigest(options);
  let lastId = 0;
  let atBlock = { digest, lastId };
  let progress: Progress | undefined;
  let closed = false;

  const session: ScriptedSession = {
    options,
    given,
    get closed() {
      return closed;
    },
    live: true,
    get digest() {
      return digest;
    },
    get last() {
      return { progress, outstanding: [...outstanding.values()] };
    },
    async run(block, signal) {
      checkOpen("run code", signal);
      atBlock = { digest, lastId };
      digest = digestAfter(digest, { type: "block", ...block });
      return play({ type: "run", ...block });
    },
    async resume(results, signal) {
      checkOpen("deliver results", signal);
      for (const { id, hash, ok, ref, value } of results) {
        if (outstanding.get(id)?.hash !== hash)
          throw new SandboxError(`Cannot deliver result ${id}: no call waits for it`);
        outstanding.delete(id);
        digest = digestAfter(digest, { type: "result", id, hash, ok, ref, json: value.json, delivery: 0 });
      }
      delivered.push(...results);
      if (outstanding.size > 0) return (progress = { kind: "waiting", calls: [] });
      const all = delivered;
      delivered = [];
      return play({ type: "resume", results: all });
    },
    async begin(task) {
      checkOpen("begin a run", undefined);
      digest = digestAfter(digest, task);
    },
    async inspect(signal) {
      checkOpen("inspect variables", signal);
      return { hash: sha256(digest), variables: [] };
    },
    async variables(signal) {
      checkOpen("list variables", signal);
      return [];
    },
    async close() {
      closed = true;
    },
  };
  return { session, replay };

  function play(input: Given): Progress {
    let step = script[given.length];
    given.push(input);
    while (typeof step === "function") step = step(input);
    if (step === undefined)
      throw new SandboxError(
        `Cannot go on: the script has ${script.length} steps, all used; got ${JSON.stringify(input).slice(0, 200)}`,
      );
    if (step instanceof Error) throw step;
    progress = "calls" in step ? { kind: "waiting", calls: step.calls.map(post) } : end(step);
    return progress;
  }

  function post(call: ScriptedCall): SubCall {
    const content =
      typeof call === "string" ? { kind: "llm" as const, prompt: call, options: {} } : { options: {}, ...call };
    lastId += 1;
    const posted = { id: lastId, hash: hashCall(content), ...content };
    outstanding.set(posted.id, posted);
    return posted;
  }

  function end({ output = "", error, answer, rolledBack, computeMs = 1 }: ScriptedEnd): Progress {
    outstanding.clear();
    // As if it had never been: its ids come again.
    if (rolledBack === true) ({ digest, lastId } = atBlock);
    return {
      kind: "done",
      output: { text: output, chars: output.length },
      ...(error && { error }),
      ...(answer !== undefined && { answer: toValue(answer) }),
      ...(rolledBack !== undefined && { rolledBack }),
      computeMs,
    };
  }

  function checkOpen(action: string, signal: AbortSignal | undefined): void {
    signal?.throwIfAborted();
    if (closed) throw new SandboxError(`Cannot ${action}: the session is closed`);
  }

  async function replay(): Promise<void> {
    for (const event of withoutRolledBack(options.history ?? [])) await replayEvent(event);
  }

  async function replayEvent(event: JournalEvent): Promise<void> {
    if (event.type === "task") await session.begin(event);
    if (event.type === "block") {
      const next = await session.run({ code: event.code, clock: event.clock });
      if (next.kind === "waiting") for (const call of next.calls) options.onReplayedCall?.(call);
    }
    if (event.type !== "result" || progress?.kind === "done") return;
    const { id, hash, ok, ref, json } = event;
    if (outstanding.get(id)?.hash !== hash)
      throw new ReplayError(
        `Cannot replay: the journal has call ${id} (${hash.slice(0, 12)}), the script does not make it`,
      );
    const next = await session.resume([{ id, hash, ok, ref, value: { text: await options.read(ref), json } }]);
    if (next.kind === "waiting") for (const call of next.calls) options.onReplayedCall?.(call);
  }
}

function toValue(answer: unknown): CallValue {
  return typeof answer === "string" ? { text: answer, json: false } : { text: JSON.stringify(answer), json: true };
}
