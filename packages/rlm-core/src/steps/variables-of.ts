import { SandboxError } from "../errors.ts";
import type { JournalEvent } from "../journal.ts";
import { warn } from "../queries/warn.ts";
import type { Run } from "../run.ts";
import type { Variable } from "../sandbox.ts";
import type { RlmState } from "../state.ts";
import { liveSession } from "./live-session.ts";

/** The variables of the session that stands where the journal ends; none, and a warning, where it cannot be asked. */
export async function variablesOf(
  state: RlmState,
  journal: readonly JournalEvent[],
  run: Run,
): Promise<readonly Variable[]> {
  const session = await liveSession(state, journal, run);
  try {
    const variables = await session.variables(run.signal);
    run.session = session;
    return variables;
  } catch (error) {
    await session.close();
    if (run.signal.aborted || !(error instanceof SandboxError)) throw error;
    // An answer, a summary or a further question without them is better than none.
    const message = `The model is not shown its variables: ${error.message}`;
    warn(message, { kind: "inspect", depth: state.depth }, run);
    return [];
  }
}
