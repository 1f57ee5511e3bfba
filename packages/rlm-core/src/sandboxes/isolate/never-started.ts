import type { ChildProcess } from "node:child_process";
import type { Child } from "./child-process.ts";
import { ChildLost } from "./child-lost.ts";

/** Stands for a process that the system did not start, for want of descriptors, processes or the program: whoever needs it hears why. */
export function neverStarted(failure: ChildProcess | Error, dataMb: number): Child {
  const lost = failure instanceof Error ? Promise.resolve(lostBy(failure)) : heard(failure);
  const reject = async (): Promise<never> => Promise.reject(await lost);
  return {
    pid: 0,
    dataMb,
    alive: false,
    ready: reject,
    exited: lost.then(() => {}),
    send: async () => {},
    exchange: reject,
    kill: async () => {},
  };
}

/** Its error comes by an event, and has to be taken from it: it would end the program. */
function heard(failed: ChildProcess): Promise<ChildLost> {
  return new Promise((resolve) => failed.on("error", (cause) => resolve(lostBy(cause))));
}

function lostBy(cause: Error): ChildLost {
  return new ChildLost("exit", `it could not be started: ${cause.message}`, { cause });
}
