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
function checkDecisions(given: unknown, requests: readonly ReviewRequest[]): Decision[] {
  if (!Array.isArray(given)) return requests.map((request) => checkDecision(given, request));
  if (given.length !== requests.length)
    throw new InputError(
      `Expected one decision for all requests, or a list of ${requests.length}, got a list of ${given.length}`,
    );
  return requests.map((request, index) => checkDecision(given[index], request));
}

/**
 * {@link checkDecisions}, where another session's question on the same limit may have been answered since this one was
 * shown: what was approved then, and is granted by now and not spent, is approved.
 */
export function decisionsNow(given: unknown, requests: readonly ReviewRequest[]): Decision[] {
  if (!Array.isArray(given) || given.length !== requests.length) return checkDecisions(given, requests);
  return requests.map((request, index) => granted(given[index], request) ?? checkDecision(given[index], request));
}

function granted(given: unknown, request: ReviewRequest): Decision | undefined {
  if (request.kind !== "budget" || typeof given !== "object" || given === null) return undefined;
  if (!("type" in given) || given.type !== "approve" || !("max" in given) || typeof given.max !== "number")
    return undefined;
  const { max, spent } = request;
  return given.max > spent && given.max <= max ? { type: "approve", max } : undefined;
}

/**
 * The answers to a thread's interrupts, checked before anything runs. A limit that is approved without a number goes to
 * what the person was shown: another process may suggest another. Throws {@link InputError} where one cannot be used.
 */
export function answersOf({ resume, update, goto }: Command, waiting: readonly Interrupt[]): unknown {
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
  const answers = waiting.map(({ id, value }) => {
    const given = byId === undefined ? resume : byId[id ?? ""];
    return [id, given === undefined || !isReview(value) ? given : asShown(given, value)] as const;
  });
  if (byId === undefined) return answers[0]?.[1];
  return Object.fromEntries(answers.filter(([, answer]) => answer !== undefined));
}

function asShown(given: unknown, { requests }: ReviewInterrupt): Decision[] {
  return checkDecisions(given, requests).map((decision, index) => {
    const request = requests[index];
    if (request?.kind !== "budget" || decision.type !== "approve") return decision;
    return { max: request.suggested, ...decision };
  });
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
