import { BudgetError, RlmError } from "../errors.ts";
import type { ChatMessage, ToolCall } from "../model.ts";
import { directMessages } from "../prompt/messages.ts";
import { askModel } from "../queries/ask-model.ts";
import type { Answered } from "../queries/ask-once.ts";
import { askAgain, readJson } from "../queries/structured.ts";
import { answerText } from "../parse-reply.ts";
import { bareCited, citedFormat, citedReply } from "./cited-reply.ts";
import type { Run } from "../run.ts";
import type { RlmState } from "../state.ts";
import { earlierContexts } from "../session-contexts.ts";
import { openContext } from "../store-context.ts";

/** A short root context: question and whole context in one plain call. */
export async function direct(state: RlmState, run: Run): Promise<RlmState> {
  const known = (await run.store.read(run.logKey)).find(isAnswer);
  // An earlier try of this step has the answer already: it is not paid for again.
  if (known !== undefined) return answered(state, known, run);
  const contexts = [...state.task.contexts, ...earlierContexts(state)].map(async ({ name, ref }) => ({
    name,
    text: await openContext(ref, run.store),
  }));
  try {
    const messages = directMessages(state, await Promise.all(contexts), run.profile);
    const { text, json, toolCalls } = await askForAnswer(messages, state, run);
    const calls = toolCalls ? { toolCalls } : {};
    const answer: Answer = { type: "direct", answerRef: await run.store.put(text), json, ...calls };
    await run.store.append(run.logKey, answer);
    return answered(state, answer, run);
  } catch (error) {
    if (error instanceof BudgetError) return { ...state, limit: error.limit };
    throw error;
  }
}

/** Entry of the write-ahead log. */
interface Answer {
  type: "direct";
  answerRef: string;
  json: boolean;
  toolCalls?: readonly ToolCall[];
}

function isAnswer(entry: unknown): entry is Answer {
  return typeof entry === "object" && entry !== null && "type" in entry && entry.type === "direct";
}

function answered(state: RlmState, { answerRef, json, toolCalls }: Answer, run: Run): RlmState {
  const status = toolCalls === undefined ? "direct" : "tool_calls";
  const outcome = { status, answerRef, json, ...(toolCalls && { toolCalls }) } as const;
  return { ...state, usage: run.meter.usage(), outcome };
}

/** An answer in one call, two if the first does not fit the response format. */
async function askForAnswer(
  messages: ChatMessage[],
  state: RlmState,
  run: Run,
): Promise<Pick<Answered, "text" | "toolCalls"> & { json: boolean }> {
  const { cite } = state.task;
  const responseFormat = cite ? citedFormat(state.task) : state.task.responseFormat;
  const ask = { model: run.model, purpose: "direct" as const, depth: state.depth, responseFormat, signal: run.signal };
  const first = await askModel({ ...ask, messages }, run);
  if (first.toolCalls !== undefined) return called(first);
  if (cite) return await askForCited(first.text, messages, ask, state, run);
  if (responseFormat === undefined) {
    const text = answerText(first.text);
    if (text !== "") return { text, json: false };
    if (first.filtered)
      throw new RlmError(
        "model",
        "Cannot use the model's answer: it was withheld by the filter of its provider; ask in other words, or another model",
      );
    throw new RlmError(
      "model",
      `Cannot use the model's answer: it is empty${first.text === "" ? "" : " beside what it thought"}; give it more limits.maxOutputTokens (${run.limits.maxOutputTokens}), or another model`,
    );
  }
  const read = readJson(first.text, responseFormat);
  if ("text" in read) return { text: read.text, json: true };
  const second = await askModel({ ...ask, messages: [...messages, ...askAgain(first.text, read.problem)] }, run);
  if (second.toolCalls !== undefined) return called(second);
  const again = readJson(second.text, responseFormat);
  if ("text" in again) return { text: again.text, json: true };
  throw new RlmError("model", `Cannot use the model's answer: ${again.problem} It began: ${second.text.slice(0, 200)}`);
}

/** With evidence; two calls if the first reply is not of its form. */
async function askForCited(
  first: string,
  messages: ChatMessage[],
  ask: Omit<Parameters<typeof askModel>[0], "messages">,
  state: RlmState,
  run: Run,
): ReturnType<typeof askForAnswer> {
  const read = await citedReply(first, state, run);
  if ("text" in read) return { text: read.text, json: true };
  const second = await askModel({ ...ask, messages: [...messages, ...askAgain(first, read.problem)] }, run);
  if (second.toolCalls !== undefined) return called(second);
  const again = await citedReply(second.text, state, run);
  if ("text" in again) return { text: again.text, json: true };
  const bare = answerText(second.text);
  if (state.task.responseFormat === undefined && bare !== "") return { text: bareCited(bare, false), json: true };
  throw new RlmError("model", `Cannot use the model's answer: ${again.problem} It began: ${second.text.slice(0, 200)}`);
}

function called({ text, toolCalls }: Answered): Pick<Answered, "text" | "toolCalls"> & { json: boolean } {
  return { text: answerText(text), json: false, ...(toolCalls && { toolCalls }) };
}
