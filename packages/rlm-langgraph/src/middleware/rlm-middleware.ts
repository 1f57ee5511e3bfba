import { BaseMessage, ToolMessage } from "@langchain/core/messages";
import { tool, type ToolRuntime } from "@langchain/core/tools";
import { Command, isGraphBubbleUp, ReducedValue, StateSchema } from "@langchain/langgraph";
import { createMiddleware } from "langchain";
import { InputError, memoryStore, type ContextRef } from "rlm-core";
import { z } from "zod";
import type { Rlm } from "../create-rlm.ts";
import { askRlm } from "../tool/ask-rlm.ts";
import { joinContexts } from "../tool/sources.ts";
import { contextsOf, keepAside, openHandles, type Handles } from "./handles.ts";
import { shortenMessage, type Shorten } from "./shorten-message.ts";
import { isAbove, type RlmTrigger } from "./trigger.ts";

export interface RlmMiddlewareOptions {
  /** Answers the questions; its store is where long texts are kept, so give it a durable one beside a durable checkpointer. */
  rlm: Rlm<unknown, unknown>;
  /** A tool result or a message with a longer text has that text kept aside. */
  trigger: RlmTrigger;
  /** By which the agent asks. @default "ask_rlm" */
  toolName?: string;
}

const refs = z.record(z.string(), z.custom<ContextRef>());

// With _ at its beginning it is no input and no output of the agent: what a thread may ask about, only the middleware says.
const State = new StateSchema({
  _rlmHandles: new ReducedValue(
    refs.default(() => ({})),
    { inputSchema: refs, reducer: (known, added) => ({ ...known, ...added }) },
  ),
});

const schema = z.object({
  question: z.string().min(1).describe("The whole question; whoever answers it sees nothing of this conversation."),
  handles: z.array(z.string()).min(1).describe("What it is about: handles of texts that were kept aside."),
});

/**
 * Keeps long texts out of an agent's conversation: a tool result or message above the trigger goes into the run store, and
 * a note with a handle, its length, kind and first characters stands in its place. The agent asks about it by a tool that
 * it gets, over one or several handles. Handles are random, in the thread's own state: they last as long as its checkpoints
 * and the store, and no other thread can use them. List it first, so that it sees what other middleware made of a result.
 * Throws InputError for options that cannot be used.
 */
export function rlmMiddleware({ rlm, trigger, toolName = "ask_rlm" }: RlmMiddlewareOptions) {
  if (typeof rlm?.invoke !== "function") throw new InputError("Expected options.rlm to be what createRlm() gives");
  const tooLong = isAbove(trigger);
  const store = rlm.store ?? memoryStore();
  const shorten: Shorten = async (text, what, shown) =>
    tooLong(text) ? await keepAside(text, what, shown, { store, toolName }) : undefined;

  const ask = async ({ question, handles }: z.output<typeof schema>, runtime: ToolRuntime<Record<string, unknown>>) => {
    const context = async () => {
      const known = runtime.state?.["_rlmHandles"] as Handles | undefined;
      const asked = contextsOf(handles, known ?? {});
      return await joinContexts(await openHandles(asked, store, rlm.store !== undefined), rlm.store, runtime.signal);
    };
    // A long answer is kept aside like any other result.
    return await askRlm({ rlm, name: toolName, question, context, maxAnswerChars: Number.POSITIVE_INFINITY }, runtime);
  };

  return createMiddleware({
    name: "rlm",
    stateSchema: State,
    tools: [
      tool(ask, {
        name: toolName,
        description:
          "Answers a question about long texts that were kept aside: gives back the answer, not the text. Ask one whole question at a time, over one handle or several.",
        schema,
        responseFormat: "content_and_artifact",
      }),
    ],
    wrapToolCall: async (request, handler) => {
      const result = await toolResult(request, handler);
      if (ToolMessage.isInstance(result)) {
        const kept = await shortenMessage(result, shorten);
        return kept === undefined
          ? result
          : new Command({ update: { messages: [kept.message], _rlmHandles: kept.handles } });
      }
      return await shortenUpdate(result, shorten);
    },
    beforeModel: async ({ messages }) => {
      const kept = (await Promise.all(messages.map((message) => shortenMessage(message, shorten)))).flatMap(
        (one) => one ?? [],
      );
      return kept.length === 0
        ? undefined
        : { messages: kept.map(({ message }) => message), _rlmHandles: together(kept) };
    },
  });
}

/** A tool's error as the message that an agent without this middleware would get: beside one that wraps tools it ends the agent. */
async function toolResult<
  Request extends { toolCall: { id?: string; name: string }; runtime: { signal?: AbortSignal } },
>(
  request: Request,
  handler: (request: Request) => ToolMessage | Command | Promise<ToolMessage | Command>,
): Promise<ToolMessage | Command> {
  try {
    return await handler(request);
  } catch (error) {
    if (isGraphBubbleUp(error) || request.runtime.signal?.aborted === true) throw error;
    const { id = "", name } = request.toolCall;
    const content = `${String(error)}\n Please fix your mistakes.`;
    return new ToolMessage({ content, name, tool_call_id: id, status: "error" });
  }
}

/** The messages that a tool writes by a command of its own. */
async function shortenUpdate(command: Command, shorten: Shorten): Promise<Command> {
  const { update, goto, graph, resume } = command;
  if (graph !== undefined || typeof update !== "object" || update === null || Array.isArray(update)) return command;
  const { messages } = update as { messages?: unknown };
  if (!Array.isArray(messages)) return command;
  const all = await Promise.all(
    messages.map(async (message: unknown) => {
      const kept = BaseMessage.isInstance(message) ? await shortenMessage(message, shorten) : undefined;
      return kept ?? { message, handles: {} };
    }),
  );
  const changed = { ...update, messages: all.map(({ message }) => message), _rlmHandles: together(all) };
  return new Command({ update: changed, ...(goto !== undefined && { goto }), ...(resume !== undefined && { resume }) });
}

function together(kept: readonly { handles: Handles }[]): Handles {
  return Object.assign({}, ...kept.map(({ handles }) => handles));
}
