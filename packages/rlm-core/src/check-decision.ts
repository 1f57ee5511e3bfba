import { calledAs } from "./tool.ts";
import { InputError } from "./errors.ts";
import { misfit } from "./json-schema.ts";
import type { Decision, ReviewRequest } from "./review.ts";

/** A decision as it may be used for a request; true and false stand for approve and reject. Throws {@link InputError} for any other. */
export function checkDecision(given: unknown, request: ReviewRequest): Decision {
  if (typeof given === "boolean") return { type: given ? "approve" : "reject" };
  const problem = problemOf(given, request);
  if (problem !== undefined) throw new InputError(`Cannot use the decision on ${nameOf(request)}: ${problem}`);
  return given as Decision;
}

function problemOf(given: unknown, request: ReviewRequest): string | undefined {
  const type = isObject(given) ? given["type"] : undefined;
  if (!isObject(given) || typeof type !== "string" || !Object.hasOwn(fields[request.kind], type))
    return `expected true, false or ${shapes[request.kind]}, got ${JSON.stringify(given)}`;
  const allowed = fields[request.kind][type as Decision["type"]] ?? [];
  const unknown = Object.keys(given).find((name) => name !== "type" && !allowed.includes(name));
  if (unknown !== undefined) return `unknown field "${unknown}", expected ${shapes[request.kind]}`;
  if (type === "reject") return messageProblem(given["message"]);
  if (type === "approve") return maxProblem(given["max"], request);
  return editProblem(given, request);
}

const fields: Record<ReviewRequest["kind"], Partial<Record<Decision["type"], readonly string[]>>> = {
  code: { approve: [], edit: ["code"], reject: ["message"] },
  tool: { approve: [], edit: ["args"], reject: ["message"] },
  answer: { approve: [], edit: ["answer"], reject: ["message"] },
  budget: { approve: ["max"], reject: ["message"] },
};

const shapes: Record<ReviewRequest["kind"], string> = {
  code: '{ type: "approve" }, { type: "edit", code } or { type: "reject", message? }',
  tool: '{ type: "approve" }, { type: "edit", args } or { type: "reject", message? }',
  answer: '{ type: "approve" }, { type: "edit", answer } or { type: "reject", message? }',
  budget: '{ type: "approve", max? } or { type: "reject", message? }',
};

function messageProblem(message: unknown): string | undefined {
  return message === undefined || typeof message === "string" ? undefined : "expected message to be a string";
}

function maxProblem(max: unknown, request: ReviewRequest): string | undefined {
  if (max === undefined || request.kind !== "budget") return undefined;
  const { limit, spent } = request;
  const least = Math.max(spent, request.max);
  // Not Infinity: it has no form in JSON, which is what a log and a checkpoint hold.
  const whole = limit === "costUsd" ? Number.isFinite(max) : Number.isSafeInteger(max);
  if (typeof max === "number" && whole && max > least) return undefined;
  const kind = limit === "costUsd" ? "a number" : "an integer";
  return `expected max to be ${kind} above ${least} (limits.${limit} is ${request.max}, spent ${spent}), got ${typeof max === "number" ? max : JSON.stringify(max)}`;
}

function editProblem(given: Record<string, unknown>, request: ReviewRequest): string | undefined {
  if (request.kind === "code") {
    const { code } = given;
    return typeof code === "string" && code.trim() !== "" ? undefined : "expected code to be JavaScript in a string";
  }
  if (request.kind === "tool") {
    const { args } = given;
    if (!isObject(args)) return "expected args to be an object";
    const problem = misfit(args, request.parameters);
    return problem && `args do not fit the tool. ${problem}`;
  }
  if (request.kind !== "answer") return undefined;
  const { answer } = given;
  if (request.responseFormat === undefined)
    return typeof answer === "string" && answer !== "" ? undefined : "expected answer to be a text";
  const problem = misfit(answer, request.responseFormat);
  return problem && `answer does not fit the response format. ${problem}`;
}

function nameOf(request: ReviewRequest): string {
  if (request.kind === "tool") return `the call of ${calledAs(request.tool)}`;
  return request.kind === "budget" ? `limits.${request.limit}` : `the ${request.kind}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
