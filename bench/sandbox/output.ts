import ivm from "isolated-vm";
import { isolate } from "rlm-core";
import { median, ms, type Row } from "../measure.ts";
import { printed, sandboxMb, sandboxProcesses, sessionOptions } from "./session.ts";

const loop =
  "for (let i = 0; i < 1_000_000; i++) print('line ' + i + ' of a million, as long as lines of a log are, more or less, with a number at the end: ' + i);";

/** A million lines of output, of which the model gets the beginning and the end; and what a session holds that does nothing. */
export async function output(): Promise<Row[]> {
  const sandbox = isolate();
  const session = await sandbox.open(sessionOptions());
  const ours = await median(3, async () => printed(await session.run({ code: loop, clock: 0 })));
  await session.close();
  const bare = await median(3, () => {
    const machine = new ivm.Isolate({ memoryLimit: 512 });
    machine.createContextSync().evalSync(`let chars = 0; const print = (line) => { chars += line.length; }; ${loop}`);
    machine.dispose();
  });
  const idle = await sandbox.open(sessionOptions());
  printed(await idle.run({ code: "0", clock: 0 }));
  const [pid = ""] = sandboxProcesses();
  const held = sandboxMb(pid);
  await idle.close();
  await sandbox.close();
  return [
    {
      what: "a million printed lines",
      ours: ms(ours),
      beside: "an isolate that counts them",
      bare: ms(bare),
      result: `${(ours / bare).toFixed(1)} times`,
    },
    {
      what: "memory of an idle session",
      ours: held === 0 ? "?" : `${held.toFixed(0)} MB`,
      beside: "this process",
      bare: `${(process.memoryUsage().rss / 1_000_000).toFixed(0)} MB`,
      result: "its process",
    },
  ];
}
