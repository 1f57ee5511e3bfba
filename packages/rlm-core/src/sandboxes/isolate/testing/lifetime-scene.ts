import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { ContextRef } from "../../../context.ts";
import { file } from "../../../file.ts";
import { named } from "../../../named.ts";
import type { SessionOptions } from "../../../sandbox.ts";
import { pagedContext, storeContexts, streamContext } from "../../../store-context.ts";
import { memoryStore } from "../../../stores/memory.ts";
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
  const store = memoryStore();
  const stored = await storeContexts(
    named({
      context: "a text in memory",
      handed: file(pathOf("handed")),
      paged: file(pathOf("paged")),
      rows: file(pathOf("rows"), { format: "jsonl" }),
    }),
    store,
  );
  // What is shorter than a string can be is read in parts all the same, if that is said.
  const contexts = stored.map((context): ContextRef =>
    context.name === "paged" ? { ...context, paged: true } : context,
  );
  const { options, drive, result } = testSession("");
  return {
    contexts,
    pathOf,
    drive,
    result,
    options: (more) => options({ contexts, paged: pagedContext, stream: (ref) => streamContext(ref, store), ...more }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Waits until the one sandbox process of this program computes; an open session's does not before it is told to. */
export async function computes(): Promise<void> {
  for (;;) {
    const [pid] = sandboxPids();
    if (pid !== undefined && stateOf(pid).startsWith("R")) return;
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
