import { AIMessage, type BaseMessage, HumanMessage, ToolMessage } from "@langchain/core/messages";
import type { KeptAside, Handles, Shown } from "./handles.ts";

/** Keeps a text aside if it is too long; undefined if it is not. */
export type Shorten = (text: string, what: string, shown: Shown) => Promise<KeptAside | undefined>;

/** The message with notes in place of what is too long in it, under the same id; undefined where nothing is. */
export async function shortenMessage(
  message: BaseMessage,
  shorten: Shorten,
): Promise<{ message: BaseMessage; handles: Handles } | undefined> {
  const kind = kinds.find(({ is }) => is(message));
  if (kind === undefined) return undefined;
  const { content } = message;
  const what = ToolMessage.isInstance(message) ? `The result of ${message.name ?? "a tool"}` : kind.what;
  if (typeof content === "string") {
    const kept = await shorten(content, what, kind.shown);
    return kept && { message: withContent(message, kept.note), handles: kept.handles };
  }
  const blocks = await Promise.all(
    content.map(async (block) => {
      const text: unknown = block.type === "text" ? block["text"] : undefined;
      const kept = typeof text === "string" ? await shorten(text, `A text of ${kind.of}`, kind.shown) : undefined;
      return { block: kept === undefined ? block : { ...block, text: kept.note }, kept };
    }),
  );
  const kept = blocks.flatMap((one) => one.kept ?? []);
  if (kept.length === 0) return undefined;
  const handles: Handles = Object.assign({}, ...kept.map((one) => one.handles));
  return {
    message: withContent(
      message,
      blocks.map(({ block }) => block),
    ),
    handles,
  };
}

// Of what a person writes the end is shown too: there a question stands.
const kinds = [
  { is: ToolMessage.isInstance, what: "", of: "the result of a tool", shown: { first: 500, last: 0 } },
  { is: HumanMessage.isInstance, what: "This message", of: "this message", shown: { first: 500, last: 1_000 } },
  { is: AIMessage.isInstance, what: "This reply", of: "this reply", shown: { first: 500, last: 500 } },
];

function withContent(message: BaseMessage, content: BaseMessage["content"]): BaseMessage {
  const { id, name, additional_kwargs, response_metadata } = message;
  const fields = {
    content,
    additional_kwargs,
    response_metadata,
    ...(id !== undefined && { id }),
    ...(name !== undefined && { name }),
  };
  if (ToolMessage.isInstance(message)) {
    const { tool_call_id, artifact, status, metadata } = message as ToolMessage;
    return new ToolMessage({
      ...fields,
      tool_call_id,
      ...(artifact !== undefined && { artifact: artifact as unknown }),
      ...(status && { status }),
      ...(metadata && { metadata }),
    });
  }
  if (AIMessage.isInstance(message)) {
    const { tool_calls, invalid_tool_calls, usage_metadata } = message as AIMessage;
    return new AIMessage({
      ...fields,
      ...(tool_calls && { tool_calls }),
      ...(invalid_tool_calls && { invalid_tool_calls }),
      ...(usage_metadata && { usage_metadata }),
    });
  }
  return new HumanMessage(fields);
}
