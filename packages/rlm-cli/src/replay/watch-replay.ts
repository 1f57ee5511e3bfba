import type { Sandbox } from "rlm-core";
import type { Trajectory } from "rlm-core/trajectory";
import { number } from "../live-tree/words.ts";

/** A sandbox that knows how far the replay of a trajectory is. */
export function watchReplay(
  { v8, open, close }: Sandbox,
  { runs }: Trajectory,
): { sandbox: Sandbox; words(): string; runId(): string | undefined } {
  const journals = [...runs];
  let session = 0;
  let calls = 0;
  let runId: string | undefined;
  return {
    sandbox: {
      v8,
      close,
      open: async (options) => {
        session++;
        runId = journals.find(([, { journal }]) => journal === options.history)?.[0];
        return await open({
          ...options,
          onReplayedCall(call) {
            calls++;
            options.onReplayedCall?.(call);
          },
        });
      },
    },
    words: () => `Replaying: session ${number(session)} of ${number(runs.size)}, ${number(calls)} calls so far`,
    runId: () => runId,
  };
}
