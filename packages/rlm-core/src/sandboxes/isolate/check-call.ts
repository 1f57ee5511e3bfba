import { schemaProblem, type JsonSchema } from "../../json-schema.ts";
import type { ContextRef } from "../../context.ts";
import type { CallValue } from "../../sandbox.ts";
import { BadFrame } from "../../confined/bad-frame.ts";
import type { GuestPart } from "./guest/host.ts";
import { count, flag, list, oneOf, record, text } from "../../confined/guards.ts";
import type { RawCall } from "./machine.ts";

/** What bounds the calls that one block may have open at once, whatever the guest says. */
export const maxCallsInFlight = 10_000;
export const maxCharsInFlight = 64_000_000;

export interface CallRules {
  queries: boolean;
  tools: readonly string[];
  promptChars: number;
  /** A child's context is no longer than an answer may be. */
  answerChars: number;
  /** Texts of which a call may name a part. */
  contexts: readonly Pick<ContextRef, "name" | "length">[];
}

/** A call from the child, checked: its id is above all before it, and it has nothing that the session was not opened with. */
export function checkCall(frame: unknown, lastId: number, rules: CallRules): RawCall {
  const call = record(frame, "a call");
  const id = count(call["id"], "a call's id");
  if (id <= lastId) throw new BadFrame(`call ${id} after call ${lastId}`);
  const kind = oneOf(call["kind"], rules.queries ? ["llm", "rlm", "tool"] : ["tool"], "a call's kind");
  return {
    id,
    kind,
    prompt: text(call["prompt"], rules.promptChars, "a prompt"),
    ...(kind === "tool" && { name: oneOf(call["name"], rules.tools, "a tool's name") }),
    ...(kind === "rlm" &&
      call["context"] !== undefined && {
        context: checkContext(call["context"], rules),
      }),
    options: checkOptions(call["options"]),
    ...(kind === "llm" && call["portion"] !== undefined && { portion: checkPortion(call["portion"], rules) }),
  };
}

function checkPortion(value: unknown, { promptChars }: CallRules): NonNullable<RawCall["portion"]> {
  const { schema, numbers } = record(value, "a portion");
  // Each number has its line in the prompt.
  const items = list(numbers, promptChars, "a portion's numbers").map((number) => count(number, "an item's number"));
  return { schema: checkSchema(schema), numbers: items };
}

function checkContext(value: unknown, { contexts, answerChars }: CallRules): CallValue | GuestPart {
  const given = record(value, "a child's context");
  if (given["context"] === undefined) return checkValue(given, answerChars, "a child's context");
  const context = oneOf(
    given["context"],
    contexts.map(({ name }) => name),
    "a context's name",
  );
  const [from, length] = [count(given["from"], "where a part begins"), count(given["length"], "a part's length")];
  const whole = contexts.find(({ name }) => name === context)?.length ?? 0;
  if (length === 0 || from + length > whole) throw new BadFrame(`a part that "${context}" has not`);
  return { context, from, length };
}

/** A text or JSON text from the child; JSON is known to parse. */
export function checkValue(value: unknown, mostChars: number, what: string): CallValue {
  const given = record(value, what);
  const checked = { text: text(given["text"], mostChars, what), json: flag(given["json"], what) };
  if (checked.json) parseJson(checked.text, what);
  return checked;
}

export function parseJson(json: string, what: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new BadFrame(`${what} that is not the JSON it says it is`, { cause });
  }
}

/** The characters that a call holds in memory. */
export function callChars({ prompt, context }: Pick<RawCall, "prompt" | "context">): number {
  return prompt.length + (context !== undefined && "text" in context ? context.text.length : 0);
}

function checkOptions(value: unknown): RawCall["options"] {
  const { schema, model } = record(value, "a call's options");
  return {
    ...(schema !== undefined && { schema: checkSchema(schema) }),
    ...(model !== undefined && { model: text(model, 200, "a model's name") }),
  };
}

function checkSchema(value: unknown): JsonSchema {
  const schema = record(value, "a schema");
  const problem = schemaProblem(schema);
  if (problem !== undefined) throw new BadFrame(`a schema that its own side should have refused: ${problem}`);
  return schema;
}
