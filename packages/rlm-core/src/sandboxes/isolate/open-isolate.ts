import { parseExpressionAt } from "acorn";
import ivm from "isolated-vm";
import { InputError } from "../../errors.ts";
import { isKitTool } from "../../tool.ts";
import type { GuestHost, GuestSettings } from "./guest/host.ts";
import { prepareShell, takeShell, type IsolateShell } from "./isolate-shell.ts";
import { bindingsIn } from "../../bindings.ts";
import { contextKey, type MachineContext, type MachineOptions, type MachineRun } from "./machine.ts";
import type { PagedText } from "../../paged-text.ts";
import { UnfitContext } from "./unfit-context.ts";

export interface OpenIsolate extends Omit<IsolateShell, "attach"> {
  /** Names that code may not declare. */
  reserved: ReadonlySet<string>;
  /** Gives the contexts the names that they have in a run of the session; returns the first of their own that cannot be had, or "". */
  bind: (run: MachineRun, timeout: number) => string;
  /** Whether nearly all of the memory beside the contexts is in use, garbage not counted. */
  isFull: () => boolean;
}

/** An isolate with the REPL's whole surface in it: contexts, queries, tools, kits. No code of the model has run. */
export function openIsolate(options: MachineOptions, host: GuestHost): OpenIsolate {
  const { contexts, kits, seed, limits } = options;
  const taken = reservedNames(options);
  const reserved = new Set(taken);
  // `const search = …` is what models write: the code's own goes before a kit, from its block on.
  for (const { name } of kits) reserved.delete(name);
  const given = contexts.map(({ name, run = 0 }) => ({ name, run }));
  const memoryLimit = memoryLimitOf(
    options,
    contexts.reduce((sum, each) => sum + contextMb(each), 0),
  );
  const { isolate, context, guest, collect, attach } = takeShell(memoryLimit, settingsOf(options));
  attach(host);

  for (const each of contexts) {
    const { name, run = 0 } = each;
    if ("paged" in each) {
      givePaged(guest, each);
      continue;
    }
    const { kind, text } = each;
    // The isolate uses the copy's own bytes: a long text is there once.
    const copy = new ivm.ExternalCopy(text).copyInto({ release: true });
    try {
      guest.context.applySync(undefined, [contextKey({ name, run }), name, run, kind, copy]);
    } catch (cause) {
      throw cause instanceof SyntaxError ? new UnfitContext(name, cause.message, { cause }) : cause;
    }
  }
  for (const { name, functions, tools = [], libraries = {} } of kits) {
    guest.kit.applySync(undefined, [name]);
    for (const tool of tools) guest.kitTool.applySync(undefined, [name, tool]);
    for (const [key, hash] of Object.entries(libraries)) guest.kitLibrary.applySync(undefined, [name, key, hash]);
    // All at once: an entry for each would cost a session more than all else of the kit.
    const sources = Object.entries(functions).map(([key, source]) => `${JSON.stringify(key)}: ${asExpression(source)}`);
    const made = context.evalClosureSync(
      `"use strict"; const __name = (f) => f; return { __proto__: null,\n${sources.join(",\n")}\n};`,
      [],
      { filename: `kit-${name}.js`, result: { reference: true } },
    );
    guest.kitFunctions.applySync(undefined, [name, made.derefInto({ release: true })]);
  }
  const bind: OpenIsolate["bind"] = ({ run, responseFormat, cite = false }, timeout) => {
    // Not those that a kit has: a number is no reason to take a name away.
    const bindings = bindingsIn(given, run).filter(({ name, own }) => own || !taken.has(name));
    for (const { name } of bindings) reserved.add(name);
    return guest.bind.applySync(
      undefined,
      [run, JSON.stringify(bindings), responseFormat === undefined ? 0 : 1, cite ? 1 : 0],
      {
        timeout,
      },
    ) as string;
  };
  const { responseFormat, cite } = options;
  bind({ run: 0, ...(responseFormat && { responseFormat }), ...(cite && { cite }) }, bindMs);
  guest.ready.applySync(undefined, [seed]);
  const before = usedBytes(isolate);
  const isOver = (): boolean => usedBytes(isolate) - before > mostUsed * limits.heapMb * 1_048_576;
  const isFull = (): boolean => {
    if (!isOver()) return false;
    collect();
    return isOver();
  };
  return { isolate, context, guest, reserved, bind, isFull, collect };
}

function givePaged(
  guest: OpenIsolate["guest"],
  { name, run = 0, paged, view }: Extract<MachineContext, { paged: PagedText }>,
): void {
  const place = [contextKey({ name, run }), name, run, paged.length];
  if (view === undefined) guest.longText.applySync(undefined, place);
  else if ("rows" in view) guest.longRows.applySync(undefined, [...place, view.rows.count]);
  else guest.longObject.applySync(undefined, [...place, JSON.stringify(view.object.map(([key]) => key))]);
}

/** Does ahead what of an isolate does not depend on the contexts, if those are short. */
export function prepareIsolate(options: Pick<MachineOptions, "queries" | "tools" | "limits">): void {
  prepareShell(memoryLimitOf(options, 0), settingsOf(options));
}

// In steps, so that sessions with short contexts are alike.
function memoryLimitOf({ limits }: Pick<MachineOptions, "limits">, contextMb: number): number {
  return limits.heapMb + contextStepMb * Math.max(1, Math.ceil(contextMb / contextStepMb));
}

const contextStepMb = 8;

function settingsOf({ queries, tools, limits }: Parameters<typeof prepareIsolate>[0]): GuestSettings {
  const { promptChars, outputChars, answerChars } = limits;
  return { queries, tools: tools.filter((name) => !isKitTool(name)), promptChars, outputChars, answerChars };
}

const bindMs = 30_000;
const mostUsed = 0.9;
// A key with the getter of its value.
const mbPerKey = 0.0005;

function usedBytes(isolate: ivm.Isolate): number {
  const { used_heap_size, externally_allocated_size } = isolate.getHeapStatisticsSync();
  return used_heap_size + externally_allocated_size;
}

/** A method's source is none by itself; as the one member of an object it is. */
function asExpression(source: string): string {
  // Most can be told by their beginning, which takes no time.
  if (/^(?:async\s+)?function\b/.test(source)) return `(${source})`;
  if (/^(?!async\b)[\w$]+\s*\(/.test(source) || /^async\s+[\w$]+\s*\(/.test(source)) return `({${source}})`;
  try {
    const { end } = parseExpressionAt(source, 0, { ecmaVersion: "latest" });
    if (source.slice(end).trim() === "") return `(${source})`;
  } catch {
    // A method: see above.
  }
  return `({${source}})`;
}

/** Names of the REPL's own and of kits. Throws InputError where a context has one of those, or the name of another one of its run. */
function reservedNames({ contexts, kits, tools, queries }: MachineOptions): Set<string> {
  const names = [
    "globalThis",
    "undefined",
    "NaN",
    "Infinity",
    "eval",
    "print",
    "console",
    "FINAL",
    "SHOW_VARS",
    "find",
  ];
  if (queries) names.push("llm_query", "llm_query_batched", "rlm_query", "rlm_query_batched", "llm_map");
  if (tools.some((name) => !isKitTool(name))) names.push("tools");
  const reserved = new Set(names);
  const add = (name: string): void => {
    if (reserved.has(name))
      throw new InputError(`Cannot open the REPL: the name "${name}" is taken twice or reserved; choose another`);
    reserved.add(name);
  };
  for (const { name } of kits) add(name);
  const withKits = new Set(reserved);
  // Each run's names for itself: a later run may bring another context of the same name.
  for (const run of new Set(contexts.map(({ run = 0 }) => run))) {
    for (const { name } of contexts.filter((context) => (context.run ?? 0) === run)) add(name);
    reserved.clear();
    for (const name of withKits) reserved.add(name);
  }
  return withKits;
}

/** Megabytes of a context in the isolate: of one that is read in parts its keys; parsed JSON takes more than its text. */
function contextMb(context: MachineContext): number {
  if ("paged" in context)
    return context.view !== undefined && "object" in context.view ? context.view.object.length * mbPerKey : 0;
  const { kind, text } = context;
  const bytes = text.length * (wide.test(text) ? 2 : 1);
  return (kind === "string" ? bytes : 4 * bytes) / 1_000_000;
}

// V8 keeps latin1 text at one byte a character, all other at two.
const wide = /[\u0100-\uffff]/;
