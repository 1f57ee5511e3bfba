import type { CallSize, Reservation } from "../budget.ts";
import { BudgetError, RlmError } from "../errors.ts";
import type { ChatMessage, Model, ModelOptions, ModelReply, TokenUsage } from "../model.ts";
import type { Run } from "../run.ts";
import { countTokens, estimateTokens } from "../tokens.ts";
import { abortable } from "./abortable.ts";
import { startDeadline } from "./deadline.ts";

export interface Answered {
  text: string;
  usage: TokenUsage;
  model: string;
}

export type Ask = Pick<ModelOptions, "purpose" | "depth" | "responseFormat"> & {
  messages: ChatMessage[];
  model: Model;
  signal: AbortSignal;
};

/**
 * One model request on the run's budget: waits for a place, reserves, asks, settles.
 * Throws {@link BudgetError} where a limit refuses it, RlmError "model" where the model fails, or the signal's reason.
 */
export async function askModel(ask: Ask, run: Run): Promise<Answered> {
  return await run.semaphore(() => askInPlace(ask, run), ask.signal);
}

async function askInPlace(
  { messages, model, purpose, depth, responseFormat, signal }: Ask,
  run: Run,
): Promise<Answered> {
  const name = model.modelName ?? "model";
  const { maxOutputTokens } = run.limits;
  const concluding = purpose === "conclude" && depth === 0;
  const inputTokens = messages.reduce((sum, { content }) => sum + estimateTokens(content) + 4, 0);
  const reservation = await reserve({ model: name, inputTokens, maxOutputTokens, concluding }, run);
  if (signal.aborted) {
    await run.budget.release(reservation);
    throw signal.reason;
  }
  // The root may still say what it has when the time is used up.
  const deadline = startDeadline(run, concluding ? 60_000 : 0);
  const either = AbortSignal.any([signal, deadline.signal]);
  let reply: ModelReply;
  try {
    reply = checkReply(
      await abortable(
        () => model(messages, { maxOutputTokens, responseFormat, signal: either, purpose, depth }),
        either,
      ),
      name,
    );
  } catch (error) {
    // What an aborted request used is not known, so it is charged as reserved; one that failed has cost its call.
    const usage = either.aborted
      ? { inputTokens, outputTokens: maxOutputTokens, estimated: true }
      : { inputTokens: 0, outputTokens: 0 };
    await settle(usage, name);
    throw either.aborted ? either.reason : modelError(error, name);
  } finally {
    deadline.stop();
  }
  const answeredBy = reply.model ?? name;
  const usage = await settle(reply.usage ?? (await countUsage(messages, reply.text)), answeredBy);
  return { text: reply.text, usage, model: answeredBy };

  async function settle(usage: TokenUsage, settledModel: string): Promise<TokenUsage> {
    const settled = await run.budget.settle(reservation, { usage, model: settledModel });
    run.meter.add({ ...settled, model: settledModel });
    return settled.usage;
  }
}

async function reserve(call: CallSize, run: Run): Promise<Reservation> {
  try {
    return await run.budget.reserve(call);
  } catch (error) {
    if (error instanceof BudgetError) run.refused = error;
    throw error;
  }
}

function checkReply(reply: unknown, name: string): ModelReply {
  if (typeof reply === "object" && reply !== null && "text" in reply && typeof reply.text === "string")
    return reply as ModelReply;
  throw new TypeError(`expected it to return { text: string }, got ${describe(reply)} from "${name}"`);
}

function describe(value: unknown): string {
  if (value === null || typeof value !== "object") return String(value);
  return `an object with ${Object.keys(value).join(", ") || "no fields"}`;
}

function modelError(error: unknown, name: string): RlmError {
  if (error instanceof RlmError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new RlmError("model", `Cannot get a reply from the model "${name}": ${message}`, { cause: error });
}

async function countUsage(messages: ChatMessage[], text: string): Promise<TokenUsage> {
  const inputs = await Promise.all(messages.map(({ content }) => countTokens(content)));
  return {
    inputTokens: inputs.reduce((sum, tokens) => sum + tokens, 0),
    outputTokens: await countTokens(text),
    estimated: true,
  };
}
