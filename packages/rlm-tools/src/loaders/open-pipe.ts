import { constants, openSync } from "node:fs";
import { Socket } from "node:net";
import { readProblem } from "./read-problem.ts";

/**
 * A pipe such as /dev/fd/63 or one of mkfifo, read without a thread that waits for its writer: such a thread would hold
 * up the end of this program. Ends once the last writer is gone. `shown` is its name in errors. Throws InputError.
 */
export function openPipe(path: string, shown: string): NodeJS.ReadableStream {
  try {
    return new Socket({ fd: openSync(path, constants.O_RDONLY | constants.O_NONBLOCK), readable: true });
  } catch (cause) {
    throw readProblem(shown, cause);
  }
}
