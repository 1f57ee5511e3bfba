import type { RlmEvent } from "./events.ts";
import { contentOf } from "./file-ref.ts";
import type { SessionContext } from "./sandbox.ts";
import { sessionContexts } from "./session-contexts.ts";
import type { ContextLine, TrajectoryLine } from "./trajectory-lines.ts";

/** An event as a line of a trajectory; undefined for what is only for those who watch. */
export function lineOf(event: RlmEvent, at: number): TrajectoryLine | undefined {
  if (event.type === "turn-start" || event.type === "query-start") return undefined;
  const { runId, depth } = event;
  const place = { at, runId, depth };
  if (event.type === "run-start") {
    const { parent, repl, state, limits } = event;
    const { task, seed, startedAt, versions } = state;
    const { query, responseFormat, cite } = task;
    const contexts = sessionContexts(state).map(contextLine);
    const first = state.earlier?.[0];
    const firstForm = { firstFormat: first?.responseFormat, firstCite: first?.cite };
    const asked = { query, contexts, responseFormat, cite, ...firstForm };
    return { type: "run-start", ...place, parent, ...asked, seed, startedAt, versions, repl, limits };
  }
  if (event.type === "journal") {
    const { turn, index, text } = event;
    return { type: "journal", ...place, turn, index, event: event.event, text };
  }
  if (event.type === "query-end") {
    const { turn, id, kind, ok, usage, model, cached } = event;
    return { type: "query", ...place, turn, id, kind, ok, usage, model, cached };
  }
  if (event.type === "budget") return { type: "budget", ...place, entry: event.entry };
  if (event.type === "warning") return { type: "warning", ...place, message: event.message };
  const { status, limit, error, text, toolCalls, digest, usage } = event;
  return { type: "run-end", ...place, status, limit, error, text, toolCalls, digest, usage };
}

/** A context as a trajectory tells it: neither its first characters nor the path of a file, for a trajectory is passed on. */
export function contextLine({ name, kind, items, length, ref, run }: SessionContext): ContextLine {
  return { name, kind, items, length, hash: contentOf(ref), run };
}
