import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { ContextRef } from "../../../context.ts";
import { file } from "../../../file.ts";
import { named } from "../../../named.ts";
import type { SessionOptions } from "../../../sandbox.ts";
import type { RunStore } from "../../../store.ts";
import { pagedContext, storeContexts, streamContext } from "../../../store-context.ts";
import { childrenOf } from "../../../confined/process-tree.ts";
import { sandboxPids, testSession, type TestSession } from "./test-session.ts";

/** Contexts of every kind that a session can have, for tests of what it leaves behind: a text in memory, a file that is handed over, two that are read in parts. */
export interface Scene extends Pick<TestSession, "drive" | "result"> {
  options(more?: Parameters<TestSession["options"]>[0]): SessionOptions;
  contexts: ContextRef[];
  /** Path of the file that a context of this name is in. */
  pathOf(name: "handed" | "paged" | "rows"): string;
  remove(): void;
}

export async function createScene(parent: string): Promise<Scene> {
  const folder = mkdtempSync(join(parent, "scene-"));
  const pathOf: Scene["pathOf"] = (name) => join(folder, `${name}.txt`);
  writeFileSync(pathOf("handed"), "a line of the file\n".repeat(200_000));
  writeFileSync(pathOf("paged"), "a line of a long text\n".repeat(200_000));
  writeFileSync(pathOf("rows"), '{"id":1}\n'.repeat(1_000));
  const { options, drive, result } = testSession("a text in memory");
  const own = options();
  const files = await storeContexts(
    named({
      handed: file(pathOf("handed")),
      paged: file(pathOf("paged")),
      rows: file(pathOf("rows"), { format: "jsonl" }),
    }),
    noStore,
  );
  // What is shorter than a string can be is read in parts all the same, if that is said.
  const contexts = [...own.contexts, ...files].map((context) =>
    context.name === "paged" ? { ...context, paged: true as const } : context,
  );
  const stream = (ref: string): AsyncIterable<string> =>
    ref.startsWith("file:") ? streamContext(ref, noStore) : own.stream(ref);
  return {
    contexts,
    pathOf,
    drive,
    result,
    options: (more) => options({ contexts, paged: pagedContext, stream, ...more }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

const none = (): Promise<never> => Promise.reject(new Error("Cannot use a store: files need none"));
const noStore: RunStore = {
  durable: false,
  put: none,
  get: none,
  append: none,
  read: none,
  list: none,
  delete: none,
};

/** Waits until the one sandbox process of this program computes; an open session's does not before it is told to. */
export async function computes(): Promise<void> {
  for (;;) {
    const [pid] = sandboxPids();
    // The process itself, or the one that it has forked.
    if (pid !== undefined && [pid, ...childrenOf(pid)].some((id) => stateOf(id).startsWith("R"))) return;
    await setImmediate();
  }
}

function stateOf(pid: number): string {
  try {
    return execFileSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" });
  } catch {
    return "";
  }
}
