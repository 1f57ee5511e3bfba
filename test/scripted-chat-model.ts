import type { CallbackManagerForLLMRun } from "@langchain/core/callbacks/manager";
import type { BaseLanguageModelInput } from "@langchain/core/language_models/base";
import {
  BaseChatModel,
  type BaseChatModelCallOptions,
  type BindToolsInput,
} from "@langchain/core/language_models/chat_models";
import { AIMessage, AIMessageChunk, type BaseMessage } from "@langchain/core/messages";
import { ChatGenerationChunk, type ChatResult } from "@langchain/core/outputs";
import type { Runnable } from "@langchain/core/runnables";

/** What a scripted model says: a text, calls of tools, or a function of what it was asked. */
export type Said =
  | string
  | { text?: string; tool_calls: { name: string; args: Record<string, unknown>; id: string }[] }
  | Error
  | ((messages: BaseMessage[], options: Record<string, unknown>) => Said | Promise<Said>);

interface Options extends BaseChatModelCallOptions {
  tools?: unknown[];
}

/** A chat model that plays replies in order, the last one again and again, and tells of 10 tokens read and 5 written for each. */
export class ScriptedChatModel extends BaseChatModel<Options> {
  readonly model = "scripted-chat";
  readonly asked: { messages: BaseMessage[]; options: Record<string, unknown> }[] = [];
  readonly #replies: Said[];

  constructor(replies: Said[]) {
    super({});
    this.#replies = replies;
  }

  override _llmType(): string {
    return "scripted-chat";
  }

  override bindTools(tools: BindToolsInput[], kwargs: object = {}): Runnable<BaseLanguageModelInput, AIMessageChunk> {
    return this.withConfig({ ...kwargs, tools });
  }

  async _generate(messages: BaseMessage[], options: this["ParsedCallOptions"]): Promise<ChatResult> {
    const message = await this.#next(messages, options);
    return { generations: [{ text: message.text, message }] };
  }

  override async *_streamResponseChunks(
    messages: BaseMessage[],
    options: this["ParsedCallOptions"],
    runManager?: CallbackManagerForLLMRun,
  ): AsyncGenerator<ChatGenerationChunk> {
    const { text, tool_calls = [], usage_metadata } = await this.#next(messages, options);
    const words = text.split(/(?<= )/);
    for (const [index, content] of (words.length === 0 ? [""] : words).entries()) {
      const isLast = index === Math.max(words.length, 1) - 1;
      const message = new AIMessageChunk({
        content,
        ...(isLast && usage_metadata && { usage_metadata, response_metadata: { model_name: this.model } }),
        ...(isLast && {
          tool_call_chunks: tool_calls.map(({ name, args, id }, at) => ({
            name,
            args: JSON.stringify(args),
            index: at,
            ...(id !== undefined && { id }),
            type: "tool_call_chunk" as const,
          })),
        }),
      });
      const chunk = new ChatGenerationChunk({ text: content, message });
      yield chunk;
      await runManager?.handleLLMNewToken(content, undefined, undefined, undefined, undefined, { chunk });
    }
  }

  async #next(messages: BaseMessage[], options: object): Promise<AIMessage> {
    const given = { ...options } as Record<string, unknown>;
    this.asked.push({ messages, options: given });
    let said = this.#replies[Math.min(this.asked.length, this.#replies.length) - 1];
    while (typeof said === "function") said = await said(messages, given);
    if (said === undefined || said instanceof Error) throw said ?? new Error("Cannot answer: there is no script");
    const { text = "", tool_calls = [] } = typeof said === "string" ? { text: said } : said;
    return new AIMessage({
      content: text,
      tool_calls: tool_calls.map((call) => ({ ...call, type: "tool_call" as const })),
      response_metadata: { model_name: this.model },
      usage_metadata: { input_tokens: 10, output_tokens: 5, total_tokens: 15 },
    });
  }
}

/** Code in the form that a root model writes it. */
export function repl(code: string): string {
  return `\`\`\`repl\n${code}\n\`\`\``;
}
