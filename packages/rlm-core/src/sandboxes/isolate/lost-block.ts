import type { CodeError } from "../../output.ts";
import type { Done, SessionOptions } from "../../sandbox.ts";
import type { ChildLost, LossKind } from "../../confined/child-lost.ts";

/** The end of a block that took its process with it: it never happened, and the model is told why. */
export function lostBlock(
  lost: ChildLost,
  limits: Pick<SessionOptions["limits"], "computeMs" | "heapMb">,
  computeMs: number,
): Done {
  const [kind, reason] = reasons[lost.how](limits);
  const error: CodeError = {
    kind,
    message: `${reason}; it counts as not run: its variables were rolled back, what it declared or changed is gone`,
  };
  return { kind: "done", output: { text: "", chars: 0 }, error, rolledBack: true, computeMs: Math.round(computeMs) };
}

const reasons: Record<
  LossKind,
  (limits: Pick<SessionOptions["limits"], "computeMs" | "heapMb">) => [CodeError["kind"], string]
> = {
  timeout: ({ computeMs }) => ["timeout", `Timeout: the block computed for more than ${computeMs} ms and was stopped`],
  memory: ({ heapMb }) => [
    "memory",
    `Out of memory: the block needed more than ${heapMb} MB beside the context and was stopped`,
  ],
  exit: () => ["died", "Sandbox died: the block ended its process, twice"],
  "bad-frame": () => ["died", "Sandbox died: its process was ended because of what the block made it send"],
};
