import { RlmError } from "../errors.ts";
import { schemaProblem } from "../json-schema.ts";
import type { ChatMessage, TokenUsage } from "../model.ts";
import { answerText } from "../parse-reply.ts";
import type { Run } from "../run.ts";
import type { CallValue, SubCall } from "../sandbox.ts";
import { askModel } from "./ask-model.ts";
import type { Answered, Ask } from "./ask-once.ts";
import { holdsPortion } from "./holds-portion.ts";
import { askAgain, askForJson, readJson } from "./structured.ts";
import { throughCache, type Reply } from "./through-cache.ts";
import { unreadProblem } from "./unread.ts";
import { warn } from "./warn.ts";

/** One plain sub-call: the sub-model sees the prompt and nothing else. */
export async function llmQuery(
  call: Pick<SubCall, "prompt" | "options" | "portion">,
  depth: number,
  run: Run,
  signal: AbortSignal,
): Promise<Reply> {
  const { schema, model: name } = call.options;
  const max = run.limits.promptChars;
  if (call.prompt.length > max) {
    throw new RlmError(
      "model",
      `Cannot ask: the prompt has ${call.prompt.length} characters, at most ${max} fit. Cut it into pieces.`,
    );
  }
  const problem = schema === undefined ? undefined : schemaProblem(schema);
  if (problem !== undefined) throw new RlmError("schema", `Cannot ask with this schema: ${problem}`);

  const content = schema === undefined ? call.prompt : `${call.prompt}\n\n${askForJson(schema)}`;
  const messages: ChatMessage[] = [{ role: "user", content }];
  const ask = { messages, model: run.subModel(name), purpose: "sub", depth, responseFormat: schema, signal } as const;
  return await throughCache(ask, run, async () => {
    const reply = await askForReply(ask, call.prompt.length, run);
    // llm_map asks again for what is missing, by the same words if that is all: then it is not to get the same.
    return { ...reply, whole: reply.whole && (call.portion === undefined || holdsPortion(reply.value, call.portion)) };
  });
}

async function askForReply(ask: Ask, promptChars: number, run: Run): Promise<Reply> {
  const { messages, responseFormat: schema, depth } = ask;
  const first = await askWhole(messages);
  if (schema === undefined) return replyOf({ text: answerText(first.text), json: false }, [first]);

  const read = readJson(first.text, schema);
  if ("text" in read) return json(read, [first]);
  const second = await askWhole([...messages, ...askAgain(first.text, read.problem)]);
  const again = readJson(second.text, schema);
  if ("text" in again) return json(again, [first, second]);
  throw new RlmError(
    "schema",
    `Cannot use the sub-model's reply: ${again.problem} It began: ${second.text.slice(0, 200)}`,
  );

  // An answer from the end of a prompt looks like any other: as a value it would be wrong without a sign.
  async function askWhole(asked: ChatMessage[]): Promise<Answered> {
    const answered = await askModel({ ...ask, messages: asked }, run);
    if (answered.unread === undefined) return answered;
    throw new RlmError("model", unreadProblem(answered.unread, promptChars));
  }

  function json({ text, rest }: { text: string; rest: string }, answered: Answered[]): Reply {
    // Models put there what the schema had no room for: that something is missing, or unsure.
    if (rest !== "") {
      const message = `A sub-model wrote ${rest.length} characters beside its JSON, which nobody reads: ${rest.slice(0, 200)}`;
      warn(message, { kind: "beside JSON", depth }, run);
    }
    return replyOf({ text, json: true }, answered);
  }
}

function replyOf(value: CallValue, answered: Answered[]): Reply {
  const usage: TokenUsage = { inputTokens: 0, outputTokens: 0 };
  for (const one of answered) {
    usage.inputTokens += one.usage.inputTokens;
    usage.outputTokens += one.usage.outputTokens;
    if (one.usage.estimated === true) usage.estimated = true;
  }
  const last = answered.at(-1);
  const whole = last !== undefined && !last.cut && !last.filtered && value.text.trim() !== "";
  return { value, usage, model: last?.model, whole };
}
