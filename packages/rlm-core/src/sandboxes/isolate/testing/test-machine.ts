import type { CallValue, Done } from "../../../sandbox.ts";
import { createMachine } from "../create-machine.ts";
import type { Machine, MachineOptions, RawCall, Step } from "../machine.ts";

/** A machine in this process, driven to the end of each block. */
export interface TestMachine {
  machine: Machine;
  /** Every call that was made so far. */
  calls: RawCall[];
  /** Runs a block and answers its calls, in their order: a string, data (as JSON), or an Error, with a `code` or without. */
  run(code: string, reply?: (call: RawCall) => unknown): Done;
  /** What the block printed. */
  print(code: string, reply?: (call: RawCall) => unknown): string;
}

export interface TestMachineOptions extends Partial<Omit<MachineOptions, "limits" | "contexts">> {
  /** A text, or data; several by name. */
  context?: unknown;
  contexts?: Record<string, unknown>;
  limits?: Partial<MachineOptions["limits"]>;
  computeMs?: number;
}

/** The clock of every block: 2023-11-14T22:13:20.000Z. */
export const testClock = 1_700_000_000_000;

export function testMachine(options: TestMachineOptions = {}): TestMachine {
  const { context = "The quick brown fox.", contexts = { context }, limits, computeMs = 10_000, ...rest } = options;
  const machine = createMachine({
    seed: 7,
    queries: true,
    tools: [],
    kits: [],
    library: noLibrary,
    ...rest,
    contexts: Object.entries(contexts).map(([name, value]) => ({ name, ...contextOf(value) })),
    limits: { promptChars: 10_000, outputChars: 5_000, heapMb: 64, answerChars: 100_000, ...limits },
  });
  const calls: RawCall[] = [];

  const run: TestMachine["run"] = (code, reply = noReply) => {
    const open: RawCall[] = [];
    let step: Step = machine.run({ code, clock: testClock, computeMs });
    while (step.kind === "waiting") {
      calls.push(...step.calls);
      open.push(...step.calls);
      const call = open.shift();
      if (call === undefined) throw new Error("The machine waits for nothing");
      const value = reply(call);
      step = machine.resume({ id: call.id, ok: !(value instanceof Error), value: valueOf(value) });
    }
    return step;
  };

  return {
    machine,
    calls,
    run,
    print: (code, reply) => {
      const { output, error } = run(code, reply);
      if (error !== undefined) throw new Error(error.message);
      return output.text;
    },
  };
}

function contextOf(value: unknown): { kind: "string" | "array" | "object"; text: string } {
  if (typeof value === "string") return { kind: "string", text: value };
  return { kind: Array.isArray(value) ? "array" : "object", text: JSON.stringify(value) };
}

function valueOf(value: unknown): CallValue {
  if (value instanceof Error && "code" in value)
    return { text: JSON.stringify({ code: value.code, message: value.message }), json: true };
  if (value instanceof Error) return { text: value.message, json: false };
  return typeof value === "string" ? { text: value, json: false } : { text: JSON.stringify(value), json: true };
}

function noLibrary(hash: string): never {
  throw new Error(`The test has no library ${hash}`);
}

function noReply(call: RawCall): never {
  throw new Error(`The test has no reply to ${call.prompt}`);
}
