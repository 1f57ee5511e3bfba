import { existsSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { InputError } from "rlm-core";
import type { Persistence } from "rlm-langgraph/sqlite";
import type { Io } from "../io.ts";
import { problemWords } from "../problem-words.ts";
import { createLocks, type Locks } from "./thread-locks.ts";
import { threadIds } from "./thread-log.ts";

/** What `rlm` keeps of threads, open. */
export interface State extends Persistence {
  folder: string;
  locks: Locks;
}

/** The folder of threads: that of RLM_HOME, else `rlm` in that of XDG_STATE_HOME, else in ~/.local/state. */
export function stateFolder({ env, cwd }: Pick<Io, "env" | "cwd">): string {
  const { RLM_HOME, XDG_STATE_HOME } = env;
  if (RLM_HOME !== undefined && RLM_HOME !== "") return resolve(cwd, RLM_HOME);
  // The XDG specification says that a relative one does not count.
  const isGiven = XDG_STATE_HOME !== undefined && isAbsolute(XDG_STATE_HOME);
  return join(isGiven ? XDG_STATE_HOME : join(homedir(), ".local", "state"), "rlm");
}

/** The ids of all threads; nothing is made where there are none. */
export async function knownThreads(io: Pick<Io, "env" | "cwd">): Promise<string[]> {
  if (!hasState(io)) return [];
  const state = await openState(io);
  try {
    return await threadIds(state.store);
  } finally {
    await state.close();
  }
}

/** Whether there ever was a thread. */
export function hasState(io: Pick<Io, "env" | "cwd">): boolean {
  return existsSync(join(stateFolder(io), fileName));
}

const fileName = "runs.sqlite";

/** Its locks alone; undefined where there can be no such folder. */
export function openLocks(io: Pick<Io, "env" | "cwd">): Locks | undefined {
  try {
    return createLocks(join(stateFolder(io), fileName));
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

/** Opens it, made if it is not there, for this user alone. Throws InputError. */
export async function openState(io: Pick<Io, "env" | "cwd">): Promise<State> {
  const folder = stateFolder(io);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new InputError(
      `Cannot keep threads in ${folder}: ${problemWords(cause)}; set RLM_HOME to a folder that this user may write to`,
      { cause },
    );
  }
  const path = join(folder, fileName);
  const { sqlite } = await import("rlm-langgraph/sqlite");
  const { store, checkpointer, close } = await sqlite(path);
  const locks = createLocks(path);
  return {
    folder,
    store,
    checkpointer,
    locks,
    async close() {
      locks.close();
      await close();
    },
  };
}
