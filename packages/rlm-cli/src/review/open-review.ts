import { InputError, type Approve, type ReviewPoint, type Tool } from "rlm-core";
import type { Asking } from "../ask/asking.ts";
import type { Approval } from "./approve-flag.ts";
import { askPerson } from "./ask-person.ts";

/** How a run asks a person. */
export interface Review {
  review: ReviewPoint[];
  /** Absent: it waits. */
  approve?: Approve;
  tools: Tool[];
  close(): void;
}

/** What `--approve` makes of a run. Throws InputError where nobody can be asked, unless the run `canWait`. */
export function openReview(
  { request, io, signal, stop, alone, say }: Asking,
  { canWait = false }: { canWait?: boolean } = {},
): Review {
  const { approve: approvals } = request;
  const tools = request.tools.map((tool) => (approvals.includes("tools") ? { ...tool, approve: true } : tool));
  const review = approvals.filter(isPoint);
  const plan = { review, tools };
  // A thread may wait for what it was to ask before: what nobody wants to be asked about any more is so, but for a limit.
  const byItself: Pick<Review, "approve"> = canWait ? { approve: ({ kind }) => kind !== "budget" } : {};
  if (approvals.length === 0) return { ...plan, ...byItself, close() {} };
  const terminal = io.openTerminal?.();
  if (terminal === undefined) {
    if (!canWait) throw new InputError(nobody);
    say("There is no terminal here: where a person is to be asked, the run waits.");
    return { ...plan, close() {} };
  }
  const approve = askPerson({ io, terminal, signal, quit: stop, alone });
  return { ...plan, approve, close: () => terminal.close() };
}

function isPoint(approval: Approval): approval is ReviewPoint {
  return approval !== "tools";
}

const nobody =
  "Cannot ask for what --approve says: there is no terminal to ask at (stderr has to be one); with --thread ID the run waits, and rlm resume ID asks";
