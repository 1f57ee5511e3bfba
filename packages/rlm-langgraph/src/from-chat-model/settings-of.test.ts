import { FakeListChatModel } from "@langchain/core/utils/testing";
import { ChatOpenAI } from "@langchain/openai";
import { describe, expect, it } from "vitest";
import { settingsOf } from "./settings-of.ts";

const given = { model: "gpt-5", apiKey: "sk-one", temperature: 0 };
const usual = settingsOf(new ChatOpenAI(given));

describe("settingsOf()", () => {
  it.each<[string, ConstructorParameters<typeof ChatOpenAI>[0]]>([
    ["temperature", { ...given, temperature: 1 }],
    ["reasoning", { ...given, reasoning: { effort: "high" } }],
    ["stop words", { ...given, stop: ["x"] }],
    ["server", { ...given, configuration: { baseURL: "http://localhost:8000/v1" } }],
    ["class's own parameters", { ...given, modelKwargs: { seed: 7 } }],
  ])("settingsOf() tells models of one name apart by their %s", (_, fields) => {
    expect(settingsOf(new ChatOpenAI(fields))).not.toBe(usual);
  });

  it("settingsOf() is the same for the same settings, whatever the key", () => {
    expect(settingsOf(new ChatOpenAI(given))).toBe(usual);
    expect(settingsOf(new ChatOpenAI({ ...given, apiKey: "sk-two" }))).toBe(usual);
    expect(usual).toMatch(/^[0-9a-f]{64}$/);
  });

  it("settingsOf() counts what withConfig() binds to a model, and takes fields that refer to themselves", () => {
    for (const chat of [new ChatOpenAI(given), new FakeListChatModel({ responses: ["a"] })])
      expect(settingsOf(chat.withConfig({ stop: ["x"] }))).not.toBe(settingsOf(chat.withConfig({ stop: ["y"] })));
    const loop: Record<string, unknown> = {};
    loop["self"] = loop;
    expect(settingsOf(new FakeListChatModel({ responses: ["a"], metadata: loop }))).toMatch(/^[0-9a-f]{64}$/);
  });
});
