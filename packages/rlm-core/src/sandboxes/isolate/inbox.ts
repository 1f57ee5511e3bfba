import { receiveText } from "./receive-text.ts";
import type { SyncPipe } from "./sync-pipe.ts";
import type { ToChild } from "./wire.ts";

/** What comes from the parent once there is a machine. */
export interface Inbox {
  /** The next frame; undefined when the parent is gone. */
  next(): ToChild | undefined;
  /** Asks for a library's text and waits for it; frames that were on their way before it are next. */
  library(hash: string): string;
}

export function openInbox(pipe: SyncPipe): Inbox {
  const before: ToChild[] = [];
  return {
    next: () => before.shift() ?? pipe.read(),
    library(hash) {
      pipe.write({ type: "library", hash });
      pipe.flush();
      for (let frame = pipe.read(); frame !== undefined; frame = pipe.read()) {
        if (frame.type === "library") return receiveText(pipe, frame.length);
        before.push(frame);
      }
      throw new Error("Cannot read a library: the parent closed the pipe");
    },
  };
}
