import { createHash, type Hash } from "node:crypto";
import { SandboxError } from "../../errors.ts";
import { quoteForm } from "../../citations/quote-form.ts";
import { misfit, schemaProblem, type JsonSchema } from "../../json-schema.ts";
import type { CodeError, Output } from "../../output.ts";
import type { CallValue, Done, Variable } from "../../sandbox.ts";
import type { GuestHost, GuestPart } from "./guest/host.ts";
import { contextReaders } from "./context-readers.ts";
import { openIsolate } from "./open-isolate.ts";
import { rewrite } from "./rewrite.ts";
import { CodeSyntaxError } from "./syntax-error.ts";
import type { Machine, MachineOptions, RawCall, Step } from "./machine.ts";

/**
 * A REPL in one isolate, entered only on the current thread: when an entry returns its microtasks are done, so that the
 * code stands still and every call it made is known. Throws SandboxError if it is used after a block was rolled back,
 * and whatever isolated-vm throws if there is no memory to start.
 */
export function createMachine(options: MachineOptions): Machine {
  // Not `options` as a whole: it would keep the contexts' texts, which the isolate has by then.
  const { limits, library } = options;
  let { responseFormat } = options;
  const readers = contextReaders(options.contexts);
  /** Why a context or a library cannot be read any more. */
  let unread: Error | undefined;
  let charsRead = 0;
  let collectAfter = leastCollected;
  const pending = new Set<number>();
  let fresh: RawCall[] = [];
  let block = 0;
  let judged = false;
  let ended: { error?: CodeError } | undefined;
  let answer: CallValue | undefined;
  let stopped: CodeError | undefined;
  let output: Output = { text: "", chars: 0 };
  let hash: Hash | undefined;
  let variables: Variable[] = [];
  let budgetMs = 0;
  let spentMs = 0;

  const host: GuestHost = {
    post(id, kind, prompt, name, context, contextKind, written) {
      const { portion, ...options } = written === "" ? {} : (JSON.parse(written) as WrittenOptions);
      const call: RawCall = {
        id,
        kind,
        prompt,
        ...(kind === "tool" && { name }),
        ...(contextKind === "part" && { context: JSON.parse(context) as GuestPart }),
        ...((contextKind === "text" || contextKind === "json") && {
          context: { text: context, json: contextKind === "json" },
        }),
        options,
        ...(portion && { portion }),
      };
      // The code may call at the end of its stack, which is ours too: only what is here as a whole was called.
      pending.add(id);
      try {
        fresh.push(call);
      } catch (error) {
        pending.delete(id);
        throw error;
      }
    },
    ended(number, problem, message) {
      if (number === block) ended = problem === "" ? {} : { error: { kind: problem, message } };
    },
    exhausted() {
      stopped ??= { kind: "memory", message: memoryMessage(limits.heapMb) };
    },
    answered(text, json) {
      answer ??= { text, json: json !== 0 };
    },
    printed(text, chars) {
      output = { text, chars };
    },
    schemaProblem: (schema) => describeProblem(() => schemaProblem(JSON.parse(schema))),
    fitProblem: (schema, value) =>
      describeProblem(() =>
        misfit(JSON.parse(value), schema === "" ? (responseFormat ?? {}) : (JSON.parse(schema) as JsonSchema)),
      ),
    quoteForm: (quote) => JSON.stringify(quoteForm(quote)),
    readContext: (name, from, to) => readPart(() => readers.text(name, from, to)),
    readRows: (name, row) => readPart(() => readers.rows(name, row)),
    readMember: (name, index) => readPart(() => readers.member(name, index)),
    readLibrary(key) {
      // The code may ask at the end of its stack, which is ours too: what has begun must come to its end.
      assertStack(stackCalls);
      const begin = performance.now();
      try {
        return library(key);
      } catch (error) {
        unread = error instanceof Error ? error : new Error(String(error));
        throw error;
      } finally {
        // The parent may have been busy; that is no time in which the code computed.
        spentMs -= performance.now() - begin;
      }
    },
    digest(text) {
      hash?.update(text, "utf16le");
    },
    variables(json) {
      variables = JSON.parse(json) as Variable[];
    },
  };
  const { isolate, context, guest, reserved, bind, isFull, collect } = openIsolate(options, host);
  let current = 0;

  function readPart(read: () => string): string {
    try {
      const text = read();
      charsRead += text.length;
      if (charsRead > collectAfter) collectParts();
      return text;
    } catch (error) {
      // The code may read at the end of its stack, which is ours too: that is its own error.
      if (!isStackOverflow(error)) unread = error instanceof Error ? error : new Error(String(error));
      throw error;
    }
  }

  // V8 does not see how much memory the parts hold that it could free by now: half a gigabyte of them were there (measured).
  function collectParts(): void {
    charsRead = 0;
    collect();
    collectAfter = Math.max(leastCollected, isolate.getHeapStatisticsSync().used_heap_size);
  }

  /** One entry, within what is left of the block's budget. Only a timeout or the loss of the isolate is an error here. */
  function enter(entry: (timeout: number) => void): void {
    const begin = performance.now();
    const timeout = Math.ceil(budgetMs - spentMs);
    let error: unknown;
    try {
      if (timeout > 0) entry(timeout);
    } catch (thrown) {
      error = thrown;
    }
    spentMs += performance.now() - begin;
    // The code may have caught it and gone on with less than there was.
    if (unread !== undefined) throw unread;
    if (isolate.isDisposed) stopped ??= { kind: "memory", message: memoryMessage(limits.heapMb) };
    else if (error instanceof CodeSyntaxError) ended = { error: { kind: "syntax", message: error.message } };
    else if (spentMs >= budgetMs || isTimeout(error))
      stopped ??= { kind: "timeout", message: timeoutMessage(budgetMs) };
    else if (error instanceof SyntaxError) ended = { error: { kind: "syntax", message: engineMessage(error.message) } };
    else if (error !== undefined && error !== unhandled) {
      throw new SandboxError("Cannot go on: an entry into the REPL failed", { cause: error });
    }
  }

  function step(): Step {
    if (answer === undefined && stopped === undefined && pending.size > 0) {
      const calls = fresh;
      fresh = [];
      return { kind: "waiting", calls };
    }
    pending.clear();
    fresh = [];
    // With so little left every block to come would be lost, also one that gives memory back.
    if (answer === undefined && stopped === undefined && !judged && isFull())
      stopped = { kind: "memory", message: fullMessage(limits.heapMb) };
    takeOutput();
    const done: Done = { kind: "done", output, computeMs: spentMs };
    // An answer that was given counts; but what its code then did until it was stopped cannot be replayed.
    if (stopped !== undefined) done.rolledBack = true;
    if (answer !== undefined) done.answer = answer;
    else if (stopped !== undefined) done.error = stopped;
    else if (ended === undefined) done.error = { kind: "deadlock", message: deadlockMessage };
    else if (ended.error !== undefined) done.error = ended.error;
    return done;
  }

  function takeOutput(): void {
    output = { text: "", chars: 0 };
    if (isolate.isDisposed) return;
    try {
      guest.take.applySync(undefined, [], { timeout: takeOutputMs });
    } catch {
      // After a timeout or near the memory's end there may be none to take.
    }
  }

  function assertAlive(what: string): void {
    if (stopped !== undefined)
      throw new SandboxError(`Cannot ${what}: the machine stopped at a block that had to be rolled back`);
  }

  return {
    run({ code, clock, computeMs, recorded = false, of }) {
      assertAlive("run code");
      if (pending.size > 0) throw new SandboxError("Cannot run code: the block before waits for results");
      block++;
      ended = answer = undefined;
      judged = recorded;
      budgetMs = computeMs;
      spentMs = 0;
      const filename = `block-${block}.js`;
      enter((timeout) => {
        const begin = performance.now();
        const left = (): number => Math.max(1, Math.ceil(timeout - (performance.now() - begin)));
        if (of !== undefined && of.run > current) {
          current = of.run;
          ({ responseFormat } = of);
          const fixed = bind(of, left());
          if (fixed !== "") throw new CodeSyntaxError(fixedMessage(fixed));
        }
        const { functions, functionsColumnOffset, main, mainColumnOffset, declared } = rewrite(
          code,
          filename,
          reserved,
        );
        // Before anything is run, so that a block with an error that only the engine sees leaves nothing behind.
        const hoisted =
          functions === ""
            ? undefined
            : isolate.compileScriptSync(functions, { filename, columnOffset: functionsColumnOffset });
        const entry = declare(() =>
          context.evalSync(main, { filename, columnOffset: mainColumnOffset, timeout: left(), reference: true }),
        );
        declare(() => hoisted?.runSync(context, { timeout: left(), release: true }));
        const names = declared.map((name) => `${name}\n`).join("");
        guest.run.applySync(undefined, [block, clock, names, entry.derefInto({ release: true })], { timeout: left() });
      });
      return step();
    },
    resume({ id, ok, value }) {
      assertAlive("deliver a result");
      if (!pending.delete(id)) throw new SandboxError(`Cannot deliver a result: call ${id} is not waiting for one`);
      enter((timeout) =>
        guest.settle.applySync(undefined, [id, ok ? 1 : 0, value.text, value.json ? 1 : 0], { timeout }),
      );
      return step();
    },
    inspect(hashed = true) {
      assertAlive("inspect the variables");
      hash = createHash("sha256");
      try {
        guest.inspect.applySync(undefined, [hashed ? 1 : 0], { timeout: inspectMs });
      } catch (cause) {
        if (isolate.isDisposed) stopped = { kind: "memory", message: memoryMessage(limits.heapMb) };
        throw new SandboxError("Cannot inspect the variables: there is too much of them", { cause });
      }
      return { hash: hashed ? hash.digest("hex") : "", variables };
    },
  };
}

type WrittenOptions = RawCall["options"] & Pick<RawCall, "portion">;

/** Throws what the end of the stack throws, unless there is room for as many calls. */
function assertStack(calls: number): void {
  if (calls > 0) assertStack(calls - 1);
}

// Room for what asks for a library to be compiled too: 400 were too few for that.
const stackCalls = 1_000;
const takeOutputMs = 1_000;
// More than a search reads at once.
const leastCollected = 32_000_000;
const inspectMs = 120_000;

// What guest/boot.ts rejects in every entry: it stands for "nothing".
const unhandled = 0;

// Code cannot throw this: entries throw what isolated-vm itself has to say, or `unhandled`.
function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.message === "Script execution timed out.";
}

/** What the engine says of a script that it cannot compile; where comes on a line of its own, as in all other errors. */
function engineMessage(message: string): string {
  return `SyntaxError: ${message.replace(/ \[(block-\d+\.js:\d+:\d+)\]$/, "\n    at $1")}`;
}

function isStackOverflow(error: unknown): boolean {
  return error instanceof RangeError && error.message === "Maximum call stack size exceeded";
}

/** Runs a script that only declares: a TypeError is of the code's making. */
function declare<T>(script: () => T): T {
  try {
    return script();
  } catch (error) {
    throw error instanceof TypeError ? new CodeSyntaxError(frozenMessage) : error;
  }
}

const frozenMessage =
  "TypeError: the global object was frozen, so that no variable can be declared any more; keep new values in variables that exist, and do not freeze globalThis";

function fixedMessage(name: string): string {
  return `TypeError: the context "${name}" cannot have its name: earlier code has made that a property of globalThis that cannot be changed. The contexts of this question are in \`context\`. This block was not run`;
}

/** The reason as the guest takes it: "" for none. */
function describeProblem(check: () => string | undefined): string {
  try {
    return (check() ?? "").slice(0, 1_000);
  } catch {
    return "the schema cannot be used";
  }
}

function timeoutMessage(budgetMs: number): string {
  return `Timeout: the block computed for more than ${budgetMs} ms and was stopped. It counts as not run: what it declared or changed is gone. Do less in one block, or in a faster way`;
}

function memoryMessage(heapMb: number): string {
  return `Out of memory: the block needed more than ${heapMb} MB beside the context and was stopped. It counts as not run: what it declared or changed is gone. Keep less in memory at once`;
}

function fullMessage(heapMb: number): string {
  return `Out of memory: when the block ended, variables held nearly all of the ${heapMb} MB that there are beside the context. It counts as not run: what it declared or changed is gone. Keep less in memory at once; clear variables that are no longer needed`;
}

const deadlockMessage =
  "Deadlock: the block awaits a promise that nothing can settle, for no call is under way. Its variables are kept";
