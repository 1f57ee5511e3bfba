import { InputError } from "rlm-core";
import type { Io } from "../io.ts";
import { openState, type State } from "./state-folder.ts";
import { checkThreadId, readThread, type Thread } from "./thread-log.ts";

/** Works on a thread, which is this process's alone as long as that lasts. Throws InputError where another process has it. */
export async function withThread<T>(
  id: string,
  io: Io,
  work: (thread: Thread, state: State) => Promise<T>,
): Promise<T> {
  checkThreadId(id);
  const state = await openState(io);
  try {
    const other = state.locks.take(id);
    if (other !== undefined)
      throw new InputError(
        `Cannot work on thread ${id}: process ${other} does; wait for its end, or stop it by Ctrl-C or kill ${other}, and go on by rlm resume ${id}`,
      );
    try {
      return await work(await readThread(state.store, id), state);
    } finally {
      state.locks.release(id);
    }
  } finally {
    await state.close();
  }
}
