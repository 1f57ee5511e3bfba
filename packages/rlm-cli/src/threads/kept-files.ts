import { createHash, randomUUID } from "node:crypto";
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "rlm-core";
import { problemWords } from "../problem-words.ts";
import type { TemporaryFiles } from "../temporary-files.ts";
import type { Thread } from "./thread-log.ts";

/** Files of this user alone that stay as long as their thread: copies of what could be read only once, or was put together. */
export interface KeptFiles extends TemporaryFiles {
  /** From now on `remove` leaves them. */
  keep(): void;
}

/** For a new question of a thread; what is left of one whose process was killed while it read its context goes. */
export function keptFiles(stateFolder: string, { id, questions }: Thread): KeptFiles {
  const folder = keptFolder(stateFolder, id);
  const used = JSON.stringify(questions.map(({ contexts }) => contexts?.map(({ ref }) => ref)));
  for (const name of existsSync(folder) ? readdirSync(folder) : [])
    if (!used.includes(name)) rmSync(join(folder, name), { force: true });
  const made: string[] = [];
  return {
    create(name) {
      const path = join(folder, `${randomUUID().slice(0, 8)}-${name}`);
      try {
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        closeSync(openSync(path, "wx", 0o600));
      } catch (cause) {
        throw new InputError(`Cannot keep a copy of the context in ${folder}: ${problemWords(cause)}`, { cause });
      }
      made.push(path);
      return path;
    },
    keep() {
      made.length = 0;
    },
    remove() {
      for (const path of made.splice(0)) rmSync(path, { force: true });
    },
  };
}

/** Removes a thread's; no error where there are none. */
export function removeKeptFiles(stateFolder: string, thread: string): void {
  rmSync(keptFolder(stateFolder, thread), { recursive: true, force: true });
}

function keptFolder(stateFolder: string, thread: string): string {
  // Where names do not tell case apart, two threads would share one.
  return join(stateFolder, "contexts", `${thread}-${createHash("sha256").update(thread).digest("hex").slice(0, 8)}`);
}
