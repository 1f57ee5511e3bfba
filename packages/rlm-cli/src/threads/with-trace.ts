import { realpathSync } from "node:fs";
import { InputError } from "rlm-core";
import type { Io } from "../io.ts";
import { openLocks } from "./state-folder.ts";

/** Works on a trace, which no other `rlm resume` of this user does as long as that lasts. Throws InputError where one does. */
export async function withTrace<T>(path: string, shown: string, io: Io, work: () => Promise<T>): Promise<T> {
  // Nothing of a trace needs that folder: where it cannot be, the run goes on all the same.
  const locks = openLocks(io);
  try {
    // The file itself, by whatever path it is named.
    const file = realpathSync(path);
    const other = locks?.take(file);
    if (other !== undefined)
      throw new InputError(
        `Cannot go on with ${shown}: process ${other} does; wait for its end, or stop it by Ctrl-C or kill ${other}, and go on by the same command`,
      );
    try {
      return await work();
    } finally {
      locks?.release(file);
    }
  } finally {
    locks?.close();
  }
}
