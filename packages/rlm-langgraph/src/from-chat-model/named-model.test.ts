import { FakeListChatModel } from "@langchain/core/utils/testing";
import type { initChatModel } from "langchain/chat_models/universal";
import { expect, it, vi } from "vitest";
import { namedModel } from "./named-model.ts";

// The package of Ollama is not installed here: what its constructor would get is all that counts.
const given = vi.hoisted((): unknown[] => []);
vi.mock(import("langchain/chat_models/universal"), async (original) => ({
  ...(await original()),
  initChatModel: (async (_model: unknown, fields: unknown) => {
    given.push(fields);
    return new FakeListChatModel({ responses: [] });
  }) as unknown as typeof initChatModel,
}));

it("namedModel() tells Ollama the window as numCtx, unless fields have one, and no other provider", async () => {
  await namedModel("ollama:qwen3:8b", { contextWindow: 32_768 });
  await namedModel("ollama:qwen3:8b", { contextWindow: 32_768, fields: { numCtx: 5 } });
  await namedModel("openai:x", { contextWindow: 32_768, fields: { apiKey: "none" } });
  await namedModel("ollama:qwen3:8b", {});
  const windows = given.map((fields) => (fields as { numCtx?: number }).numCtx);
  expect(windows).toEqual([32_768, 5, undefined, undefined]);
});
