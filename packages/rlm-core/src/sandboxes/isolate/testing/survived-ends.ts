import { execFileSync } from "node:child_process";
import { closeSync, openSync, rmSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import type { ContextRef } from "../../../context.ts";
import type { Session, SessionOptions } from "../../../sandbox.ts";
import { pagedContext } from "../../../store-context.ts";
import { startChild, type ChildOptions } from "../../../confined/child-process.ts";
import { isolate, type IsolateOptions } from "../isolate.ts";
import { confinementTools } from "../../../confined/layers.ts";
import { computes, type Scene } from "./lifetime-scene.ts";
import { sandboxPids } from "./test-session.ts";

const endless = { code: "while (true);", clock: 2 };
const waiting = { code: "print(await llm_query(rows[0].id + paged.slice(0, 9) + handed.length))", clock: 1 };

/** Ends of a session that its program survives, each by name. Rejects if it did not come as the name says. */
const plain: ChildOptions = { dataMb: 1_000, fds: [], detached: false, seal: async () => {} };

export const survivedEnds: Record<string, (scene: Scene) => Promise<void>> = {
  success: (scene) =>
    inSession(scene, async (session) => {
      const { answer } = await scene.drive(session, "FINAL(context + await llm_query(paged.slice(0, 6)))");
      expectEqual(answer?.text, "a text in memoryanswer to a line");
    }),
  "an error of the code": (scene) =>
    inSession(scene, async (session) => {
      expectEqual((await scene.drive(session, "paged.slice(0, 1); null.length")).error?.kind, "thrown");
    }),
  "code that took too long": (scene) =>
    inSession(scene, async (session) => expectEqual(kindOf(await session.run(endless)), "timeout"), {
      limits: { computeMs: 200 },
    }),
  "code that took too much memory": (scene) =>
    inSession(scene, async (session) => {
      const code = "const all = []; for (;;) all.push(new Array(100_000).fill(all.length))";
      expectEqual(kindOf(await session.run({ code, clock: 1 })), "memory");
    }),
  "a process that was killed": (scene) =>
    inSession(
      scene,
      async (session) => {
        const running = session.run(endless);
        await computes();
        for (const pid of sandboxPids()) process.kill(pid, "SIGKILL");
        // It is tried once more.
        expectEqual(kindOf(await running), "timeout");
      },
      { limits: { computeMs: 500 } },
    ),
  "a file that was changed": (scene) => {
    writeFileSync(scene.pathOf("paged"), "another text");
    return refused(scene, /changed since the run began/);
  },
  "a handed-over file that was changed": (scene) => {
    truncateSync(scene.pathOf("handed"), 10);
    return refused(scene, /changed since the run began/);
  },
  "a handed-over file that was changed, told by its hash alone": (scene) => {
    writeFileSync(scene.pathOf("handed"), "A line of the file\n".repeat(200_000));
    return refused(scene, /its hash differs/);
  },
  "a file that is missing": (scene) => {
    rmSync(scene.pathOf("rows"));
    return refused(scene, /no such file/i);
  },
  "a text that is not JSON": (scene) => {
    return refused(scene, /not valid JSON/, { contexts: changedText(scene, { kind: "array" }) });
  },
  "a text of another length": (scene) => {
    return refused(scene, /its reference says 7/, { contexts: changedText(scene, { length: 7 }) });
  },
  "a Node that is not there": (scene) => refused(scene, /Cannot start a sandbox process/, {}, { execPath: "/no/node" }),
  "a program that cannot be started": async () => {
    const child = startChild(["/no/program"], plain);
    await Promise.all([expectRejection(child.ready(), /could not be started: .*ENOENT/), child.exited, child.kill()]);
  },
  "arguments that cannot be passed": async () => {
    const child = startChild([process.execPath, "x".repeat(10_000_000)], plain);
    await Promise.all([expectRejection(child.ready(), /could not be started: .*E2BIG/), child.exited, child.kill()]);
  },
  "no descriptor that is free": async (scene) => {
    const sandbox = isolate({ warm: 1 });
    const unbind = await boundDescriptors();
    const taken = allDescriptors();
    try {
      // At the first there is none for the files, later all but some for the pipes of a process.
      for (let free = 0; free < 6; free++) {
        await expectRejection(sandbox.open(scene.options()), /EMFILE/);
        closeSync(taken.pop() ?? 0);
      }
    } finally {
      for (const fd of taken) closeSync(fd);
      unbind();
    }
    await (await sandbox.open(scene.options())).close();
    await sandbox.close();
  },
  "an abort while its code computes": (scene) =>
    inSession(scene, async (session) => {
      const abort = new AbortController();
      const running = session.run(endless, abort.signal);
      await computes();
      abort.abort();
      await expectRejection(running, /aborted/);
    }),
  "an abort while its files are looked at": (scene) => {
    // Written anew as it was: it has to be read through.
    utimesSync(scene.pathOf("paged"), 1, 1);
    return abortedOpening(scene, (_options, abort) => ({
      paged: (ref, signal) => {
        if (ref.includes("paged.txt")) void setImmediate().then(abort);
        return pagedContext(ref, signal);
      },
    }));
  },
  "an abort while its process boots": (scene) =>
    abortedOpening(scene, (_options, abort) => {
      void (async () => {
        while (sandboxPids().length === 0) await setImmediate();
        abort();
      })();
      return {};
    }),
  "an abort while a text is handed over": (scene) =>
    abortedOpening(scene, ({ stream }, abort) => ({
      async *stream(ref) {
        yield* stream(ref);
        abort();
        yield "more";
      },
    })),
  "an abort while a file is handed over": (scene) =>
    abortedOpening(scene, ({ stream }, abort) => ({
      async *stream(ref) {
        let pieces = 0;
        for await (const piece of stream(ref)) {
          yield piece;
          if (ref.startsWith("file:") && ++pieces === 1) abort();
        }
      },
    })),
  "an abort while it waits for a place": async (scene) => {
    const sandbox = isolate({ maxProcesses: 1, warm: 0 });
    const first = await sandbox.open(scene.options());
    const running = first.run(endless);
    const abort = new AbortController();
    const second = await sandbox.open(scene.options({ signal: abort.signal }));
    const queued = second.run(endless, abort.signal);
    abort.abort();
    await expectRejection(queued, /aborted/);
    await Promise.all([first.close(), second.close(), expectRejection(running, /was closed/)]);
    await sandbox.close();
  },
  "close() while its code computes": (scene) =>
    inSession(scene, async (session) => {
      const running = session.run(endless);
      await computes();
      await Promise.all([session.close(), expectRejection(running, /was closed/)]);
    }),
  "close() while it waits for a result": (scene) =>
    inSession(scene, async (session) => {
      expectEqual((await session.run(waiting)).kind, "waiting");
    }),
  "close() of the sandbox before that of its session": async (scene) => {
    const sandbox = isolate({ warm: 2 });
    const session = await sandbox.open(scene.options());
    await session.run(waiting);
    await sandbox.close();
    await session.close();
  },
  "close() while its process is given to another session": async (scene) => {
    const sandbox = isolate({ maxProcesses: 1, warm: 0 });
    const [first, second] = [await sandbox.open(scene.options()), await sandbox.open(scene.options())];
    await first.run(waiting);
    await Promise.all([second.run(waiting), first.close()]);
    await second.close();
    await sandbox.close();
  },
};

async function inSession(
  scene: Scene,
  work: (session: Session) => Promise<void>,
  more?: Parameters<Scene["options"]>[0],
): Promise<void> {
  // None ahead: the one process is the session's.
  const sandbox = isolate({ warm: 0 });
  const session = await sandbox.open(scene.options(more));
  await work(session);
  await session.close();
  await sandbox.close();
}

async function refused(
  scene: Scene,
  words: RegExp,
  more?: Parameters<Scene["options"]>[0],
  options?: IsolateOptions,
): Promise<void> {
  const sandbox = isolate(options);
  await expectRejection(sandbox.open(scene.options(more)), words);
  await sandbox.close();
}

/** Opens a session whose options say when to abort. */
async function abortedOpening(
  scene: Scene,
  changed: (options: SessionOptions, abort: () => void) => Partial<SessionOptions>,
): Promise<void> {
  const sandbox = isolate({ warm: 1 });
  const controller = new AbortController();
  const options = scene.options({ signal: controller.signal });
  const opening = sandbox.open({ ...options, ...changed(options, () => controller.abort()) });
  await expectRejection(opening, /aborted/);
  await sandbox.close();
}

function changedText({ contexts }: Scene, change: Partial<ContextRef>): ContextRef[] {
  return contexts.map((context) => (context.name === "context" ? { ...context, ...change } : context));
}

/** Where they can be bounded: some systems allow a thousand million. Returns how to undo it. */
async function boundDescriptors(): Promise<() => void> {
  const { prlimit } = await confinementTools();
  const ask = (...args: string[]): string =>
    prlimit === undefined ? "" : execFileSync(prlimit, ["--pid", String(process.pid), ...args], { encoding: "utf8" });
  const before = ask("--nofile", "--output=SOFT", "--noheadings").trim();
  ask("--nofile=1000:");
  return () => void ask(`--nofile=${before}:`);
}

function allDescriptors(): number[] {
  const taken: number[] = [];
  try {
    for (;;) taken.push(openSync("/dev/null", "r"));
  } catch {
    return taken;
  }
}

function kindOf(progress: Awaited<ReturnType<Session["run"]>>): string | undefined {
  return progress.kind === "done" ? progress.error?.kind : progress.kind;
}

function expectEqual(actual: unknown, expected: unknown): void {
  if (actual !== expected) throw new Error(`Expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`);
}

async function expectRejection(promise: Promise<unknown>, words: RegExp): Promise<void> {
  const message = await promise.then(
    () => "no error",
    (error: unknown) => String(error),
  );
  if (!words.test(message)) throw new Error(`Expected an error like ${words.source}, got ${message}`);
}
