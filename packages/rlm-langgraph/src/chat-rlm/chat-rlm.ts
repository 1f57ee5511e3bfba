import { setImmediate } from "node:timers/promises";
import type { CallbackManagerForLLMRun } from "@langchain/core/callbacks/manager";
import type { BaseLanguageModelInput } from "@langchain/core/language_models/base";
import {
  BaseChatModel,
  type BaseChatModelCallOptions,
  type BindToolsInput,
  type LangSmithParams,
} from "@langchain/core/language_models/chat_models";
import type { AIMessageChunk, BaseMessage } from "@langchain/core/messages";
import { ChatGenerationChunk, RUN_KEY, type ChatResult, type LLMResult } from "@langchain/core/outputs";
import type { Runnable, RunnableConfig } from "@langchain/core/runnables";
import type { IterableReadableStream } from "@langchain/core/utils/stream";
import { v7 } from "@langchain/core/utils/uuid";
import { plainTools } from "./bound-tools.ts";
import { changedBy, takeChanged, withChanged } from "./changed.ts";
import { childCallbacks } from "./child-callbacks.ts";
import { checkFields, isPlain, langSmithParams, type ChatRlmFields } from "./fields.ts";
import { createReplies, type Replies, type ReplyCall } from "./replies.ts";
import { runOf } from "./run-told.ts";
import { structuredOutput } from "./structured-output.ts";
import { withWholeUsage } from "./usage.ts";

/** Options of one call; those that ChatRlm does not know itself, such as `tool_choice`, go to the root model. */
export interface ChatRlmCallOptions extends BaseChatModelCallOptions {
  tools?: BindToolsInput[];
}

/**
 * A Recursive Language Model as a chat model, for a chain or an agent that exists. A text of more than `contextAbove` tokens
 * in the messages becomes context, of which the root model sees only a description; without one, the root model is asked
 * with the messages as they are. `usage_metadata` of a reply tells what the whole tree used, `response_metadata.rlm` how the
 * reply came about. Throws as `createRlm` and the root model do.
 */
export class ChatRlm extends BaseChatModel<ChatRlmCallOptions> {
  static override lc_name(): string {
    return "ChatRlm";
  }
  override lc_namespace = ["rlm_langgraph"];
  readonly stop: string[] | undefined;
  readonly #replies: Replies;
  /** Runs that LangChain does not tell, by the options of their calls. */
  readonly #untold = new WeakMap<object, CallbackManagerForLLMRun>();
  /** What the chunks of a stream told in `response_metadata`, by the options of its call. */
  readonly #told = new WeakMap<object, Record<string, unknown>>();

  constructor(fields: ChatRlmFields) {
    checkFields(fields);
    super(fields);
    const { stop, disableStreaming = false } = fields;
    this.stop = stop;
    this.disableStreaming = disableStreaming;
    this.lc_serializable = isPlain(fields);
    this.#replies = createReplies(fields);
    // Assigned, for its types are those of the method that it takes the place of.
    this.withStructuredOutput = ((schema: Parameters<typeof structuredOutput>[1], config?: object) =>
      structuredOutput(
        (tools, options) => this.bindTools(tools, options),
        schema,
        config,
      )) as typeof this.withStructuredOutput;
  }

  override _llmType(): string {
    return "rlm";
  }

  /** What a cache of LangChain goes by. */
  override _identifyingParams(): Record<string, unknown> {
    return { ...this.#replies.identity, ...(this.stop && { stop: this.stop }) };
  }

  /** Of a call's config LangChain gives a model the options alone. */
  protected override _separateRunnableConfigFromCallOptionsCompat(
    given?: Partial<ChatRlmCallOptions>,
  ): [RunnableConfig, this["ParsedCallOptions"]] {
    const [config, options] = super._separateRunnableConfigFromCallOptionsCompat(given);
    return [config, withChanged(options, changedBy(config))];
  }

  override getLsParams(options: this["ParsedCallOptions"]): LangSmithParams {
    const { changed } = takeChanged(options);
    return langSmithParams(changed.model ?? this.#replies.rootModel, { ...options, stop: options.stop ?? this.stop });
  }

  override bindTools(
    tools: BindToolsInput[],
    kwargs: Partial<ChatRlmCallOptions> & Record<string, unknown> = {},
  ): Runnable<BaseLanguageModelInput, AIMessageChunk, ChatRlmCallOptions> {
    return this.withConfig({ ...kwargs, tools: plainTools(tools) });
  }

  /** The caller gets the usage of the whole tree; this model's run in a trace has what no run below it tells. */
  override async generate(...given: Parameters<BaseChatModel["generate"]>): Promise<LLMResult> {
    const result = await super.generate(...given);
    const generations = result.generations.map((list) =>
      list.map((one) => ("message" in one ? { ...one, message: withWholeUsage(one.message as BaseMessage) } : one)),
    );
    const whole: LLMResult = { ...result, generations };
    Object.defineProperty(whole, RUN_KEY, { value: result[RUN_KEY], configurable: true });
    return whole;
  }

  /** Beside a listener to events of messages, as in `streamEvents` v3 of an agent, LangChain does not tell the model of its run: what is below would be a trace of its own, and its tokens counted in both. */
  override async _generateUncached(
    messages: Parameters<BaseChatModel["_generateUncached"]>[0],
    options: this["ParsedCallOptions"],
    config: RunnableConfig,
    started?: CallbackManagerForLLMRun[],
  ): Promise<LLMResult> {
    const runId = config.runId ?? v7();
    const run = started?.[0] ?? runOf(runId, config);
    if (run !== undefined && messages.length === 1) this.#untold.set(options, run);
    return await super._generateUncached(messages, options, { ...config, runId }, started);
  }

  /** Whoever stops reading stops the run: LangChain's own stream would wait for the next chunk first. */
  override async stream(
    input: BaseLanguageModelInput,
    options?: Partial<ChatRlmCallOptions>,
  ): Promise<IterableReadableStream<AIMessageChunk>> {
    const stop = new AbortController();
    const signal = options?.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
    const stream = await super.stream(input, { ...options, signal });
    const end = (): void => stop.abort(new DOMException("Nobody reads the stream any more", "AbortError"));
    const { cancel } = stream;
    const leave = stream.return;
    return Object.assign(stream, {
      async cancel(reason: unknown): Promise<void> {
        end();
        await cancel.call(stream, reason);
      },
      async return(): ReturnType<typeof leave> {
        end();
        return await leave.call(stream);
      },
    });
  }

  override async *_streamIterator(
    input: BaseLanguageModelInput,
    options?: Partial<ChatRlmCallOptions>,
  ): AsyncGenerator<AIMessageChunk> {
    for await (const chunk of super._streamIterator(input, options)) yield withWholeUsage(chunk);
  }

  async _generate(
    messages: BaseMessage[],
    options: this["ParsedCallOptions"],
    runManager?: CallbackManagerForLLMRun,
  ): Promise<ChatResult> {
    const message = await this.#replies.ask(messages, this.#call(options, runManager));
    return { generations: [{ text: message.text, message }] };
  }

  override async *_streamResponseChunks(
    messages: BaseMessage[],
    options: this["ParsedCallOptions"],
    runManager?: CallbackManagerForLLMRun,
  ): AsyncGenerator<ChatGenerationChunk> {
    let index = 0;
    for await (const message of this.#replies.stream(messages, this.#call(options, runManager))) {
      const chunk = new ChatGenerationChunk({ text: message.text, message });
      this.#told.set(options, { ...this.#told.get(options), ...message.response_metadata });
      yield chunk;
      // `streamEvents` listens to the stream once it has its first chunk; told of that before, it would tell it twice.
      if (index === 0) await setImmediate();
      const place = { prompt: 0, completion: index++ };
      await runManager?.handleLLMNewToken(chunk.text, place, undefined, undefined, undefined, { chunk });
    }
  }

  /** Events of one message: LangChain makes them of the chunks, and leaves out what those tell beside content and usage. */
  override async *_streamChatModelEvents(
    ...given: Parameters<BaseChatModel<ChatRlmCallOptions>["_streamChatModelEvents"]>
  ): ReturnType<BaseChatModel["_streamChatModelEvents"]> {
    const [, options] = given;
    for await (const event of super._streamChatModelEvents(...given)) {
      const told = this.#told.get(options);
      if (event.event !== "message-finish" || told === undefined) yield event;
      else yield { ...event, responseMetadata: { ...told, ...event.responseMetadata } };
    }
  }

  #call(options: this["ParsedCallOptions"], runManager?: CallbackManagerForLLMRun): ReplyCall {
    const { changed, options: own } = takeChanged(options);
    // Those of LangChain's own that are not for the root model.
    const {
      tools = [],
      stop = this.stop,
      signal,
      outputVersion,
      promptIndex,
      ...others
    } = own as typeof options & {
      promptIndex?: number;
    };
    return {
      changed,
      tools: plainTools(tools),
      stop,
      signal,
      options: others,
      children: childCallbacks(runManager ?? this.#untold.get(options)),
    };
  }
}
