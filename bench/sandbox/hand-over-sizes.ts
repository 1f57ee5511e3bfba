import ivm from "isolated-vm";
import { isolate } from "rlm-core";
import { median, medianMeasuredDifference, ms, type Row } from "../measure.ts";
import { printed, sessionOptions } from "./session.ts";

const ascii = { name: "ASCII", text: "0123456789 plain text\n", bytes: 1 };
const korean = { name: "Korean", text: "판문점 선언을 읽는다 ", bytes: 2 };

/** From a text in this process to a session that has read its length, beside isolated-vm's own copy into an isolate of this process. */
export async function handOverSizes(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { name, text, bytes } of [ascii, korean]) {
    for (const mb of [4, 40, 200, 400]) {
      const chars = (mb * 1_000_000) / bytes;
      rows.push(await row(`${mb} MB ${name}`, text.repeat(Math.ceil(chars / text.length)).slice(0, chars), mb));
    }
  }
  return rows;
}

async function row(what: string, text: string, mb: number): Promise<Row> {
  const runs = mb > 100 ? 3 : 5;
  const sandbox = isolate();
  const open = async (context: string): Promise<number> => {
    const begin = performance.now();
    const session = await sandbox.open(sessionOptions({ context }));
    const length = printed(await session.run({ code: "print(context.length)", clock: 0 }));
    if (length !== String(context.length)) throw new Error(`Expected ${context.length}, got ${length}`);
    const took = performance.now() - begin;
    await session.close();
    return took;
  };
  await open(text); // from now on what boots ahead has room for it
  const ours = await medianMeasuredDifference(
    runs,
    () => open(text),
    () => open("x"),
  );
  await sandbox.close();
  const bare = await median(runs, () => copyInto(text, mb));
  const goal = mb === 200 ? ` (goal: ${ms(2 * bare + 150)}, twice the copy and 150 ms)` : "";
  return {
    what: `hand-over of ${what}`,
    ours: ms(ours),
    beside: "ExternalCopy",
    bare: ms(bare),
    result: `${(ours / bare).toFixed(1)} times${goal}`,
  };
}

function copyInto(text: string, mb: number): void {
  const machine = new ivm.Isolate({ memoryLimit: 128 + 2 * mb });
  const copy = new ivm.ExternalCopy(text).copyInto({ release: true });
  const context = machine.createContextSync();
  context.global.setSync("context", copy);
  context.evalSync("context.length");
  machine.dispose();
}
