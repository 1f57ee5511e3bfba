import ivm from "isolated-vm";
import { isolate, runRlm } from "rlm-core";
import { scriptedModel } from "rlm-core/testing";
import { median, medianDifference, more, ms, type Row } from "./measure.ts";
import { firstResult } from "./start.ts";

const long = "0123456789".repeat(4_000_000);

/** What 40 MB of context cost until the first result, beside isolated-vm's own copy into an isolate of this process. */
export async function handOver(): Promise<Row[]> {
  const sandbox = isolate();
  const session = await difference((text) => firstResult(sandbox, text));
  await sandbox.close();
  const whole = await difference(wholeRun);
  const bare = await median(5, () => {
    const machine = new ivm.Isolate({ memoryLimit: 512 });
    const copy = new ivm.ExternalCopy(long).copyInto({ release: true });
    const context = machine.createContextSync();
    context.global.setSync("context", copy);
    context.evalSync("context.length");
    machine.dispose();
  });
  const row = (what: string, ours: number): Row => {
    return { what, ours: ms(ours), beside: "ExternalCopy", bare: ms(bare), result: more(ours - bare) };
  };
  return [row("40 MB to a session", session), row("40 MB to a run, hashed and kept", whole)];
}

/** Milliseconds for the long text, less those for one character; in both cases in a process that was booted ahead. */
async function difference(work: (text: string) => Promise<unknown>): Promise<number> {
  await work(long); // from now on what boots ahead has room for it
  return await medianDifference(
    5,
    () => work(long),
    () => work("x"),
  );
}

async function wholeRun(context: string): Promise<void> {
  const model = scriptedModel(["```repl\nprint(context.length)\n```", "```repl\nFINAL(String(context.length))\n```"]);
  const { answer } = await runRlm({ query: "How long is it?", context }, { model, limits: { directBelow: 0 } });
  if (answer !== String(context.length)) throw new Error(`Expected ${context.length}, got ${answer}`);
}
