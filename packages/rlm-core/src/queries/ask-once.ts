import { RlmError } from "../errors.ts";
import type { ChatMessage, Model, ModelOptions, ModelReply, TokenUsage, ToolCall } from "../model.ts";
import type { Run } from "../run.ts";
import { promptTokens } from "../tokens.ts";
import { abortable } from "./abortable.ts";
import { countUsage } from "./count-usage.ts";
import { startDeadline } from "./deadline.ts";
import { readsLess, unreadWarning, type Unread } from "./unread.ts";
import { retried } from "./retried.ts";
import { warn } from "./warn.ts";

export interface Answered {
  text: string;
  toolCalls?: readonly ToolCall[];
  usage: TokenUsage;
  model: string;
  /** It was cut by the room that it had. */
  cut: boolean;
  /** It was withheld, by the provider or by the model itself. */
  filtered: boolean;
  /** The model has not read the whole prompt. */
  unread?: Unread;
}

export type Ask = Pick<ModelOptions, "purpose" | "depth" | "responseFormat"> & {
  messages: ChatMessage[];
  model: Model;
  /** Of a turn of the root: see CallSize. */
  toConclude?: number;
  signal: AbortSignal;
};

/**
 * One call of the budget: waits for a place, reserves, asks (again, where the model's error passes), settles.
 * The place is kept during a pause: what one call is refused for, the next one would be too.
 */
export async function askOnce(ask: Ask, maxOutputTokens: number, run: Run): Promise<Answered> {
  return await run.semaphore(() => askInPlace(ask, maxOutputTokens, run), ask.signal);
}

async function askInPlace(
  { messages, model, purpose, depth, responseFormat, toConclude, signal }: Ask,
  maxOutputTokens: number,
  run: Run,
): Promise<Answered> {
  const name = model.modelName ?? "model";
  const concluding = purpose === "conclude" && depth === 0;
  const inputTokens = promptTokens(messages);
  const reservation = await run.budget.reserve({
    runId: run.id,
    model: name,
    inputTokens,
    maxOutputTokens,
    concluding,
    toConclude,
  });
  if (signal.aborted) {
    await run.budget.release(reservation);
    throw signal.reason;
  }
  // The root may still say what it has when the time is used up.
  const deadline = startDeadline(run, concluding ? 60_000 : 0);
  const either = AbortSignal.any([signal, deadline.signal]);
  let inFlight = false;
  let reply: ModelReply;
  try {
    const told = (message: string, kind: string): void => warn(message, { kind: `${kind} ${name}`, depth }, run);
    reply = await retried(request, { name, wait: run.wait, now: run.now, signal: either, warn: told });
  } catch (error) {
    // What an aborted request used is not known, so it is charged as reserved; those that failed have cost one call.
    const usage =
      inFlight && either.aborted
        ? { inputTokens, outputTokens: maxOutputTokens, estimated: true }
        : { inputTokens: 0, outputTokens: 0 };
    await settle(usage, name);
    throw either.aborted ? either.reason : error;
  } finally {
    deadline.stop();
  }
  const answeredBy = reply.model ?? name;
  const counted = await countUsage(reply, messages);
  const usage = await settle(counted, answeredBy);
  const unread = await readsLess(counted, inputTokens, messages);
  if (unread !== undefined) warn(unreadWarning(unread, answeredBy), { kind: `unread ${answeredBy}`, depth }, run);
  return {
    text: reply.text,
    ...(reply.toolCalls && reply.toolCalls.length > 0 && { toolCalls: reply.toolCalls }),
    usage,
    model: answeredBy,
    cut: reply.finishReason === "length",
    filtered: reply.finishReason === "filtered",
    ...(unread && { unread }),
  };

  async function request(): Promise<ModelReply> {
    either.throwIfAborted();
    inFlight = true;
    const options = { maxOutputTokens, responseFormat, signal: either, purpose, depth };
    try {
      return checkReply(await abortable(() => model(messages, options), either), name);
    } catch (error) {
      inFlight = either.aborted;
      throw error;
    }
  }

  async function settle(usage: TokenUsage, settledModel: string): Promise<TokenUsage> {
    const settled = await run.budget.settle(reservation, { usage, model: settledModel });
    const kind = `unpriced ${settledModel}`;
    if (settled.unpriced && !run.warned.has(kind)) warn(unpricedWarning(settledModel), { kind, depth }, run);
    return settled.usage;
  }
}

function unpricedWarning(model: string): string {
  return `The model "${model}" is not among the prices: what it costs is not counted, and usage.unpriced names it`;
}

function checkReply(reply: unknown, name: string): ModelReply {
  if (typeof reply === "object" && reply !== null && "text" in reply && typeof reply.text === "string")
    return reply as ModelReply;
  throw new RlmError(
    "model",
    `Cannot get a reply from the model "${name}": expected it to return { text: string }, got ${describe(reply)}`,
  );
}

function describe(value: unknown): string {
  if (value === null || typeof value !== "object") return String(value);
  return `an object with ${Object.keys(value).join(", ") || "no fields"}`;
}
