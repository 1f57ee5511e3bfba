import { isolate } from "../isolate.ts";
import { childrenOf } from "../process-tree.ts";
import { sandboxPids, testSession } from "./test-session.ts";

// A program with a sandbox, for tests of what it leaves behind: it tells its processes and then ends as its argument says.
const { options } = testSession("context");
const sandbox = isolate({ warm: 1 });
const session = await sandbox.open(options());
await session.run({ code: "const text = await llm_query('q')", clock: 1 });
process.stdout.write(`${JSON.stringify(withTheirs(sandboxPids()))}\n`);

const computing = { code: "while (true);", clock: 2 };
const ends: Record<string, () => unknown> = {
  "by itself": () => {},
  "by process.exit": () => process.exit(0),
  "by an error": () => {
    throw new Error("as planned");
  },
  "by a signal while it waits": () => setInterval(() => {}, 1_000),
  "by a signal while its code computes": async () => {
    await session.close();
    const busy = await sandbox.open(options());
    void busy.run(computing);
    setImmediate(() => process.stdout.write(`${JSON.stringify(withTheirs(sandboxPids()))}\n`));
  },
};
await ends[process.argv[2] ?? ""]?.();

/** With the processes that those have forked. */
function withTheirs(pids: number[]): number[] {
  return [...pids, ...pids.flatMap(childrenOf)];
}
