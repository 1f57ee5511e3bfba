import { BaseChatModel, type BaseChatModelCallOptions } from "@langchain/core/language_models/chat_models";
import type { ModelProfile } from "@langchain/core/language_models/profile";
import { AIMessage, type AIMessageFields, type BaseMessage } from "@langchain/core/messages";
import type { ChatResult } from "@langchain/core/outputs";
import { FakeListChatModel, FakeLLM } from "@langchain/core/utils/testing";
import { ChatOpenAI } from "@langchain/openai";
import { initChatModel } from "langchain";
import { InputError, type ModelOptions } from "rlm-core";
import { afterEach, describe, expect, it, vi } from "vitest";
import { fromChatModel, type ChatModel } from "./from-chat-model.ts";

const hello = [{ role: "user" as const, content: "Hello" }];

function options(more: Partial<ModelOptions> = {}): ModelOptions {
  return { maxOutputTokens: 100, signal: new AbortController().signal, purpose: "sub", depth: 0, ...more };
}

/** A model of any provider: it gives one message, and keeps what it was asked and by which limits. */
class Scripted extends BaseChatModel {
  maxTokens?: number = undefined;
  maxOutputTokens?: number = 7;
  readonly asked: { messages: BaseMessage[]; limits: unknown[]; options: BaseChatModelCallOptions }[] = [];
  readonly reply: () => Promise<AIMessage>;
  override get profile(): ModelProfile {
    return { maxInputTokens: 1000, maxOutputTokens: 64 };
  }
  constructor(reply: AIMessageFields | (() => Promise<AIMessage>)) {
    super({});
    this.reply = typeof reply === "function" ? reply : async () => new AIMessage(reply);
  }
  _llmType(): string {
    return "scripted";
  }
  async _generate(messages: BaseMessage[], callOptions: BaseChatModelCallOptions): Promise<ChatResult> {
    this.asked.push({ messages, limits: [this.maxTokens, this.maxOutputTokens], options: callOptions });
    return { generations: [{ text: "", message: await this.reply() }] };
  }
}

const replyTo = async (fields: AIMessageFields) => await (await fromChatModel(new Scripted(fields)))(hello, options());
const endOf = async (response_metadata: Record<string, unknown>) =>
  (await replyTo({ content: "x", response_metadata })).finishReason;

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("fromChatModel()", () => {
  it("fromChatModel() converts the three roles and gives the text", async () => {
    const model = new Scripted({ content: "hi" });
    const reply = await (
      await fromChatModel(model)
    )([{ role: "system", content: "s" }, ...hello, { role: "assistant", content: "a" }], options());
    expect(reply).toEqual({ text: "hi" });
    expect(model.asked[0]?.messages.map(({ type, content }) => [type, content])).toEqual([
      ["system", "s"],
      ["human", "Hello"],
      ["ai", "a"],
    ]);
    const fake = await fromChatModel(new FakeListChatModel({ responses: ["one"] }));
    expect(await fake(hello, options())).toEqual({ text: "one" });
    expect(fake.modelName).toBe("fake-list");
  });

  it("fromChatModel() reads only the text blocks of a reply", async () => {
    const { text } = await replyTo({
      content: [
        { type: "thinking", thinking: "hm" },
        { type: "reasoning", reasoning: "hm", text: "hm" },
        { type: "redacted_thinking", data: "hm" },
        { type: "text", text: "for" },
        { type: "text", text: "ty" },
      ],
    });
    expect(text).toBe("forty");
  });

  it("fromChatModel() knows a reply that was cut, by every provider’s word for it", async () => {
    for (const metadata of [
      { finish_reason: "length" },
      { stop_reason: "max_tokens" },
      { finishReason: "MAX_TOKENS" },
      { done_reason: "length" },
      { stopReason: "max_tokens" },
      { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } },
    ])
      expect(await endOf(metadata), JSON.stringify(metadata)).toBe("length");
    for (const metadata of [
      { finish_reason: "stop" },
      { stop_reason: "end_turn" },
      { finishReason: "STOP" },
      { done_reason: "stop" },
      { status: "completed", incomplete_details: null },
    ])
      expect(await endOf(metadata), JSON.stringify(metadata)).toBe("stop");
    for (const metadata of [
      { finish_reason: "content_filter" },
      { stop_reason: "refusal" },
      { finishReason: "SAFETY" },
      { stopReason: "guardrail_intervened" },
      { status: "incomplete", incomplete_details: { reason: "content_filter" } },
    ])
      expect(await endOf(metadata), JSON.stringify(metadata)).toBe("filtered");
    expect(await endOf({})).toBeUndefined();
  });

  it("fromChatModel() takes Google’s error for a reply that was cut before its first word as that", async () => {
    const empty = (finishReason: string) => async () => {
      throw Object.assign(new Error("The model returned no content"), { finishReason });
    };
    const cut = await fromChatModel(new Scripted(empty("MAX_TOKENS")));
    expect(await cut(hello, options())).toEqual({ text: "", finishReason: "length" });
    const blocked = await fromChatModel(new Scripted(empty("SAFETY")));
    await expect(blocked(hello, options())).rejects.toThrow("no content");
  });

  it("fromChatModel() gives usage only where tokens were reported, with those of Google’s thoughts", async () => {
    const usage_metadata = { input_tokens: 3, output_tokens: 0, total_tokens: 3 };
    expect((await replyTo({ content: "", usage_metadata })).usage).toEqual({ inputTokens: 3, outputTokens: 0 });
    const thought = { input_tokens: 3, output_tokens: 2, total_tokens: 9 };
    expect((await replyTo({ content: "", usage_metadata: thought })).usage).toEqual({
      inputTokens: 3,
      outputTokens: 6,
    });
    const zeros = { input_tokens: 0, output_tokens: 0, total_tokens: 0 };
    expect((await replyTo({ content: "", usage_metadata: zeros })).usage).toBeUndefined();
    const partial = { input_token_details: {} } as unknown as typeof zeros;
    expect((await replyTo({ content: "", usage_metadata: partial })).usage).toBeUndefined();
  });

  it("fromChatModel() limits each call in the model’s own field, at most what it can write, and leaves the instance as it is", async () => {
    const model = new Scripted({ content: "" });
    const asks = await fromChatModel(model);
    await Promise.all([asks(hello, options({ maxOutputTokens: 20 })), asks(hello, options({ maxOutputTokens: 100 }))]);
    expect(model.asked.map(({ limits }) => limits)).toEqual([
      [20, 20],
      [64, 64],
    ]);
    expect([model.maxTokens, model.maxOutputTokens]).toEqual([undefined, 7]);
  });

  it("fromChatModel() switches LangChain’s retries off, for rlm-core has its own", async () => {
    const model = new Scripted({ content: "" });
    await (
      await fromChatModel(model)
    )(hello, options());
    expect(model.asked[0]?.options.maxRetries).toBe(0);
  });

  it("fromChatModel() rejects at once on abort, where the model does not", async () => {
    const asked = Promise.withResolvers<void>();
    const deaf = new Scripted(() => (asked.resolve(), new Promise<never>(() => {})));
    const controller = new AbortController();
    const asking = (await fromChatModel(deaf))(hello, options({ signal: controller.signal }));
    await asked.promise;
    controller.abort(new Error("enough"));
    await expect(asking).rejects.toThrow("enough");
  });

  it("fromChatModel() tells the window: as given, of the profile, or not at all", async () => {
    expect((await fromChatModel(new Scripted({ content: "" }))).contextWindow).toBe(1000);
    expect((await fromChatModel(new Scripted({ content: "" }), { contextWindow: 5 })).contextWindow).toBe(5);
    expect((await fromChatModel(new FakeListChatModel({ responses: [] }))).contextWindow).toBeUndefined();
  });

  it("fromChatModel() takes a model of initChatModel, and reads its own fields", async () => {
    const model = await fromChatModel(await initChatModel("openai:gpt-5-mini", { apiKey: "none" }));
    expect([model.modelName, model.contextWindow]).toEqual(["gpt-5-mini", 400_000]);
  });
});

describe("fromChatModel() input", () => {
  const refused = async (model: unknown, given = {}): Promise<string> => {
    const error: unknown = await fromChatModel(model as ChatModel, given).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InputError);
    return (error as InputError).message;
  };

  it("fromChatModel() refuses what is no chat model", async () => {
    expect(await refused(undefined)).toBe(
      'Expected model to be a chat model of LangChain, or its name such as "openai:gpt-5", got undefined',
    );
    expect(await refused(new FakeLLM({}))).toMatch(/got an object of FakeLLM$/);
    expect(await refused({ invoke: () => {} })).toMatch(/got an object of Object$/);
    expect(await refused(() => {})).toMatch(/got a function$/);
  });

  it("fromChatModel() refuses a name without a provider, with one that it does not know, or without a model", async () => {
    expect(await refused("gpt-5")).toBe('Expected model to name its provider, such as "openai:gpt-5", got "gpt-5"');
    expect(await refused("qwen3")).toMatch(/such as "ollama:qwen3"/);
    expect(await refused("opnai:gpt-5")).toMatch(/one of openai, anthropic, .*, got "opnai"$/);
    expect(await refused("openai:")).toBe('Expected a model behind "openai:"');
  });

  it("fromChatModel() names the package to install", async () => {
    expect(await refused("groq:llama")).toBe(
      'Cannot use "groq:llama": its package is not installed; npm install @langchain/groq',
    );
  });

  it("fromChatModel() names the variable of a key that is missing", async () => {
    vi.stubEnv("OPENAI_API_KEY", undefined);
    expect(await refused("openai:gpt-5")).toBe(
      'Cannot use "openai:gpt-5": no key; set OPENAI_API_KEY, or give fields: { apiKey }',
    );
    vi.stubEnv("OPENAI_API_KEY", "k");
    expect((await fromChatModel("openai:gpt-5")).modelName).toBe("gpt-5");
  });

  it("fromChatModel() refuses options that it cannot use", async () => {
    const openai = new ChatOpenAI({ apiKey: "k" });
    expect(await refused(openai, { baseUrl: "http://127.0.0.1/v1" })).toMatch(/with a model given by name/);
    expect(await refused(openai, { fields: {} })).toMatch(/with a model given by name/);
    expect(await refused(openai, { contextWindow: 0 })).toMatch(/contextWindow to be an integer of 1 or more, got 0/);
    expect(await refused("openai:x", { baseUrl: "127.0.0.1:8000" })).toMatch(/baseUrl to be an http or https address/);
    expect(await refused("groq:x", { baseUrl: "http://127.0.0.1" })).toMatch(/with openai, anthropic, .*, got/);
  });
});
