import type { Command, Interrupt } from "@langchain/langgraph";
import { InputError, type Decision, type ReviewRequest, type Usage } from "rlm-core";
import { checkDecision } from "rlm-core/driver";

/** The value of an interrupt: what a person is asked. Resume with one decision for all requests, or a list in their order. */
export interface ReviewInterrupt {
  requests: ReviewRequest[];
}

/** A run that waits for a person: LangGraph's `isInterrupted` holds of it. */
export interface Interrupted {
  status: "interrupted";
  /** What it spent so far. */
  usage: Usage;
  runId: string;
  /** One for each session that waits; several are answered by their ids, `new Command({ resume: { [id]: decision } })`. */
  __interrupt__: Interrupt<ReviewInterrupt>[];
}

/** One decision for each request. Throws {@link InputError} for what cannot be used. */
export function checkDecisions(given: unknown, requests: readonly ReviewRequest[]): Decision[] {
  if (!Array.isArray(given)) return requests.map((request) => checkDecision(given, request));
  if (given.length !== requests.length)
    throw new InputError(
      `Expected one decision for all requests, or a list of ${requests.length}, got a list of ${given.length}`,
    );
  return requests.map((request, index) => checkDecision(given[index], request));
}

/** Checks the answers to a thread's interrupts before anything runs. Throws {@link InputError} where one cannot be used. */
export function checkResume({ resume, update, goto }: Command, waiting: readonly Interrupt[]): void {
  if (resume === undefined || update !== undefined || (Array.isArray(goto) ? goto.length > 0 : goto !== undefined))
    throw new InputError("Expected the Command to have a resume and nothing else");
  if (waiting.length === 0) throw new InputError("Cannot resume by a Command: the thread waits for no answer");
  const byId = isById(resume) ? resume : undefined;
  if (byId === undefined && waiting.length > 1)
    throw new InputError(
      `Cannot resume by one answer: ${waiting.length} sessions wait; give them by id, new Command({ resume: { ${waiting[0]?.id ?? "id"}: decision, … } })`,
    );
  const ids = waiting.map(({ id }) => id);
  const unknown = Object.keys(byId ?? {}).find((id) => !ids.includes(id));
  if (unknown !== undefined)
    throw new InputError(`Cannot resume: the thread does not wait for ${unknown}, but for ${ids.join(", ")}`);
  for (const { id, value } of waiting) {
    const given = byId === undefined ? resume : byId[id ?? ""];
    if (given !== undefined && isReview(value)) checkDecisions(given, value.requests);
  }
}

// As LangGraph tells them apart.
function isById(resume: unknown): resume is Record<string, unknown> {
  if (typeof resume !== "object" || resume === null || Array.isArray(resume)) return false;
  const ids = Object.keys(resume);
  return ids.length > 0 && ids.every((id) => /^[0-9a-f]{32}$/.test(id));
}

function isReview(value: unknown): value is ReviewInterrupt {
  return typeof value === "object" && value !== null && "requests" in value && Array.isArray(value.requests);
}
