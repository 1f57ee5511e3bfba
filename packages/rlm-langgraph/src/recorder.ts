import type { RlmEvent } from "rlm-core";

/** Hands events to a record that takes its time. */
export interface Recorder {
  /** Resolves when the event is kept. */
  hear(event: RlmEvent): Promise<void>;
  /** Resolves when all that was heard is kept: what a checkpoint says has to be in the record before it. */
  recorded(): Promise<void>;
}

export function createRecorder(keep: (event: RlmEvent) => Promise<void>): Recorder {
  const open = new Set<Promise<void>>();
  let failed: { error: unknown } | undefined;
  return {
    async hear(event) {
      // Behind a line that is missing no other could be read.
      if (failed !== undefined) throw failed.error;
      const kept = keep(event).catch((error: unknown) => {
        failed ??= { error };
        throw error;
      });
      open.add(kept);
      try {
        await kept;
      } finally {
        open.delete(kept);
      }
    },
    async recorded() {
      await Promise.allSettled(open);
      if (failed !== undefined) throw failed.error;
    },
  };
}
