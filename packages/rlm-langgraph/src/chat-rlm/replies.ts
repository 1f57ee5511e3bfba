import { AIMessage, AIMessageChunk, type BaseMessage, type UsageMetadata } from "@langchain/core/messages";
import type { RlmEvent } from "rlm-core";
import type { Configured } from "../configured.ts";
import { createRlm, Rlm } from "../create-rlm.ts";
import { unwrap, type CallOptions, type ChatModel } from "../from-chat-model/chat-model.ts";
import { namedModel } from "../from-chat-model/named-model.ts";
import type { ModelLike } from "../models.ts";
import { askRlm } from "./ask-rlm.ts";
import { askModelFunction, askRoot, streamRoot, type RootCall } from "./ask-root.ts";
import type { BoundTool } from "./bound-tools.ts";
import type { ChildCallbacks } from "./child-callbacks.ts";
import { identityOf, rlmOptionsOf, rootNameOf, type ChatRlmFields } from "./fields.ts";
import { progressOf } from "./progress.ts";
import { createQueue } from "./queue.ts";
import { splitMessages, type LongInput } from "./split-messages.ts";
import { fieldsOf, untoldUsage, withoutUsage, type RlmMetadata } from "./usage.ts";

/** One call of the chat model. */
export interface ReplyCall {
  tools: readonly BoundTool[];
  stop: string[] | undefined;
  signal: AbortSignal | undefined;
  /** What else it was asked with. */
  options: CallOptions;
  /** Models and limits that it has in place of those of ChatRlm. */
  changed: Configured;
  children: ChildCallbacks;
}

/** What a ChatRlm does with messages. */
export interface Replies {
  ask(messages: BaseMessage[], call: ReplyCall): Promise<AIMessage>;
  /** Chunks: of a run its progress as `reasoning_content`, then the answer; of a plain call those of the root model. */
  stream(messages: BaseMessage[], call: ReplyCall): AsyncGenerator<AIMessageChunk>;
  readonly rootModel: ModelLike;
  readonly identity: Record<string, unknown>;
}

export function createReplies(fields: ChatRlmFields): Replies {
  const { contextAbove = 8_000 } = fields;
  const rlm = fields.rlm ?? createRlm<unknown>(rlmOptionsOf(fields));
  const given = Rlm.optionsOf(rlm);
  const loaded = new Map<string, Promise<ChatModel>>();

  const rootOf = ({ changed }: ReplyCall): ModelLike => changed.model ?? given.model;

  /** A root model as a chat model; undefined where it is a Model of rlm-core. */
  async function chat(rootModel: ModelLike): Promise<ChatModel | undefined> {
    if (typeof rootModel === "function") return undefined;
    if (typeof rootModel !== "string") return await unwrap(rootModel);
    const model = loaded.get(rootModel) ?? namedModel(rootModel, { fields: { maxRetries: 6 } });
    loaded.set(rootModel, model);
    // What failed once, such as a missing key, may be there the next time.
    model.catch(() => loaded.delete(rootModel));
    return await model;
  }

  async function askLong(input: LongInput, call: ReplyCall, onEvent?: (event: RlmEvent) => void): Promise<AIMessage> {
    const { children, signal, changed, ...others } = call;
    const config = { callbacks: children.callbacks, configurable: { rlm: changed }, ...(signal && { signal }) };
    const root = (): Promise<ChatModel | undefined> => chat(rootOf(call));
    const message = await askRlm(input, { ...others, rlm, chat: root, config, ...(onEvent && { onEvent }) });
    return whole(message, rlmOf(message), call);
  }

  async function askShort(messages: BaseMessage[], call: ReplyCall): Promise<AIMessage> {
    const rootModel = rootOf(call);
    const root = await chat(rootModel);
    if (root === undefined && typeof rootModel === "function") {
      const limits = { ...given.limits, ...call.changed.limits };
      const { message, usage } = await askModelFunction(rootModel, messages, call, limits);
      return whole(message, plain(usage), call);
    }
    const message = await askRoot(root as ChatModel, messages, rootCall(call));
    return whole(message, plain(message.usage_metadata), call);
  }

  async function* streamShort(messages: BaseMessage[], call: ReplyCall): AsyncGenerator<AIMessageChunk> {
    const root = await chat(rootOf(call));
    if (root === undefined) {
      yield chunkOf(await askShort(messages, call));
      return;
    }
    let all: AIMessageChunk | undefined;
    for await (const chunk of await streamRoot(root, messages, rootCall(call))) {
      all = all === undefined ? chunk : all.concat(chunk);
      yield withoutUsage(chunk);
    }
    const { usage_metadata, response_metadata, id } = all ?? new AIMessageChunk("");
    // Chunks are added up, so the last one has only what the others have not.
    const told = endOf(response_metadata, plain(usage_metadata), call);
    yield new AIMessageChunk({ content: "", ...(id !== undefined && { id }), ...told });
  }

  async function* streamLong(input: LongInput, call: ReplyCall): AsyncGenerator<AIMessageChunk> {
    const { push, end, values } = createQueue<AIMessageChunk>();
    const tell = progressOf();
    const reply = askLong(input, call, (event) => {
      const line = tell(event);
      if (line !== undefined) push(new AIMessageChunk({ content: "", additional_kwargs: { reasoning_content: line } }));
    });
    reply.then(end, end);
    yield* values;
    yield chunkOf(await reply);
  }

  /** A reply with what only its end tells. */
  function whole(message: AIMessage, rlmMetadata: RlmMetadata, call: ReplyCall): AIMessage {
    const { usage_metadata, response_metadata } = endOf(message.response_metadata, rlmMetadata, call);
    return new AIMessage({
      ...fieldsOf(message),
      response_metadata: { ...message.response_metadata, ...response_metadata },
      ...(usage_metadata && { usage_metadata }),
    });
  }

  function endOf(
    metadata: Record<string, unknown>,
    rlmMetadata: RlmMetadata,
    call: ReplyCall,
  ): { response_metadata: Record<string, unknown>; usage_metadata?: UsageMetadata } {
    const name =
      metadata["model"] === undefined ? (metadata["model_name"] ?? rootNameOf(rootOf(call)) ?? "rlm") : undefined;
    const { usage } = rlmMetadata;
    const untold = usage && untoldUsage(usage, call.children);
    return {
      response_metadata: { ...(name !== undefined && { model: name }), rlm: rlmMetadata },
      ...(untold && { usage_metadata: untold }),
    };
  }

  return {
    rootModel: given.model,
    identity: identityOf(given, contextAbove),
    async ask(messages, call) {
      call.signal?.throwIfAborted();
      const long = await splitMessages(messages, contextAbove);
      return long === undefined ? await askShort(messages, call) : await askLong(long, call);
    },
    async *stream(messages, call) {
      call.signal?.throwIfAborted();
      // Whoever ends this generator stops the run.
      const stop = new AbortController();
      const signal = call.signal === undefined ? stop.signal : AbortSignal.any([call.signal, stop.signal]);
      try {
        const long = await splitMessages(messages, contextAbove);
        yield* long === undefined ? streamShort(messages, { ...call, signal }) : streamLong(long, { ...call, signal });
      } finally {
        stop.abort(new DOMException("Nobody reads the stream any more", "AbortError"));
      }
    },
  };
}

/** A whole reply as one chunk. */
function chunkOf(message: AIMessage): AIMessageChunk {
  const { usage_metadata } = message;
  return new AIMessageChunk({ ...fieldsOf(message), ...(usage_metadata && { usage_metadata }) });
}

function rootCall({ tools, stop, signal, options, children }: ReplyCall): RootCall {
  return { tools, stop, signal, options: { ...options, callbacks: children.callbacks } };
}

function plain(usage: UsageMetadata | undefined): RlmMetadata {
  return { status: "plain", ...(usage && { usage }) };
}

function rlmOf({ response_metadata: metadata }: AIMessage): RlmMetadata {
  return (metadata as { rlm: RlmMetadata }).rlm;
}
