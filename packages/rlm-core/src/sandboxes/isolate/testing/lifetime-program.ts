import { once } from "node:events";
import { setImmediate } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { isolate } from "../isolate.ts";
import { childrenOf } from "../../../confined/process-tree.ts";
import { holdings, leftSince } from "./leftovers.ts";
import { computes, createScene } from "./lifetime-scene.ts";
import { survivedEnds } from "./survived-ends.ts";
import { sandboxPids } from "./test-session.ts";

// A program with a sandbox, for tests of what it leaves behind: its arguments say where it keeps its files, what its sandbox
// does, and how it ends then. When its sandbox does that, it writes a line with the ids of its processes.
const [folder = "", state = "", end = ""] = process.argv.slice(2);
const scene = await createScene(folder);
const sandbox = isolate({ warm: state === "it waits" ? 1 : 0 });

const states: Record<string, () => Promise<unknown>> = {
  "it waits": async () => {
    const session = await sandbox.open(scene.options());
    await session.run({ code: "await llm_query(paged.slice(0, 9) + rows.length)", clock: 1 });
  },
  "its code computes": () => computing("for (;;) paged.indexOf('nothing')"),
  "its regular expression computes": () => computing("/^(a+)+$/.test('a'.repeat(60) + 'b')"),
  "a context is handed over": async () => {
    const half = Promise.withResolvers<void>();
    const { stream } = scene.options();
    void sandbox.open({
      ...scene.options(),
      async *stream(ref) {
        for await (const piece of stream(ref)) {
          yield piece;
          if (!ref.startsWith("file:")) continue;
          half.resolve();
          await new Promise(() => {});
        }
      },
    });
    await half.promise;
  },
  "a process boots": async () => {
    void sandbox.open(scene.options());
    while (sandboxPids().length === 0) await setImmediate();
  },
  "all was done before": async () => {
    for (const [name, survived] of Object.entries(survivedEnds)) {
      const own = await createScene(folder);
      await survived(own).catch((error: unknown) => {
        throw new Error(`${name}: ${String(error)}`);
      });
      own.remove();
    }
  },
  "a worker's sandbox computes": async () => {
    const before = holdings();
    const argv = [folder, "its code computes", "by a signal"];
    const worker = new Worker(new URL(import.meta.url), { argv, stdout: true });
    await once(worker.stdout, "data");
    const pids = sandboxPids();
    await worker.terminate();
    const left = await leftSince(before);
    if (pids.length === 0 || left.length > 0) throw new Error(`Left: ${left.join(", ")}`);
  },
};

const ends: Record<string, () => void> = {
  "by itself": () => {},
  "by process.exit": () => process.exit(0),
  "by an error": () => {
    throw new Error("as planned");
  },
  "by a rejection that nobody handles": () => void Promise.reject(new Error("as planned")),
  "by a signal": () => void setInterval(() => {}, 1_000),
};

await states[state]?.();
const pids = sandboxPids();
process.stdout.write(`${JSON.stringify([...pids, ...pids.flatMap(childrenOf)])}\n`);
ends[end]?.();

async function computing(code: string): Promise<void> {
  const session = await sandbox.open(scene.options({ limits: { computeMs: 30_000 } }));
  void session.run({ code, clock: 2 });
  await computes();
}
