import ivm from "isolated-vm";
import { isolate, type Sandbox, type SessionOptions } from "rlm-core";
import { median, medianMeasured, more, ms, type Row } from "./measure.ts";

/** From nothing to the first block's result: without a process that waits, with one, and a bare isolate in this process. */
export async function start(): Promise<Row[]> {
  const cold = await medianMeasured(5, async () => {
    const sandbox = isolate({ warm: 0 });
    const took = await firstResult(sandbox);
    await sandbox.close();
    return took;
  });
  const sandbox = isolate({ warm: 1 });
  await firstResult(sandbox);
  const warm = await medianMeasured(5, () => firstResult(sandbox));
  await sandbox.close();
  const bare = await median(5, bareResult);
  const row = (what: string, ours: number) => {
    return {
      what,
      ours: ms(ours),
      beside: "an isolate in this process",
      bare: ms(bare),
      result: more(ours - bare),
    };
  };
  return [
    row("session, cold start", cold),
    { ...row("session, warm start", warm), result: `${more(warm - bare)} (goal: under 10 ms in all)` },
  ];
}

/** Opens a session, runs a block and closes it. Returns the milliseconds to the block's result. */
export async function firstResult(sandbox: Sandbox, text = "x"): Promise<number> {
  const begin = performance.now();
  const session = await sandbox.open(sessionOptions(text));
  const progress = await session.run({ code: "print(context.length)", clock: 0 });
  if (progress.kind !== "done" || progress.output.text.trim() !== String(text.length)) {
    throw new Error(`Expected ${text.length} to be printed, got ${JSON.stringify(progress)}`);
  }
  const took = performance.now() - begin;
  await session.close();
  return took;
}

function sessionOptions(text: string): SessionOptions {
  return {
    contexts: [{ name: "context", kind: "string", length: text.length, ref: "bench", prefix: "" }],
    read: async () => text,
    async *stream() {
      yield text;
    },
    seed: 1,
    queries: false,
    tools: [],
    kits: [],
    limits: { promptChars: 1_000, outputChars: 1_000, computeMs: 30_000, heapMb: 128, answerChars: 1_000 },
  };
}

function bareResult(): void {
  const machine = new ivm.Isolate({ memoryLimit: 128 });
  machine.createContextSync().evalSync("'x'.length");
  machine.dispose();
}
