import { expect, it } from "vitest";
import type { ModelOptions } from "../model.ts";
import { scriptedModel } from "./scripted-model.ts";

const options: ModelOptions = { maxOutputTokens: 10, signal: new AbortController().signal, purpose: "root", depth: 0 };
const ask = (content: string) => [{ role: "user" as const, content }];

it("scriptedModel() plays replies in order and keeps what it was asked", async () => {
  const model = scriptedModel(
    [
      "first",
      { text: "second", model: "other" },
      async ([message]) => `third: ${message?.content}`,
      new Error("overloaded"),
    ],
    { modelName: "script" },
  );
  const messages = ask("one");
  expect(await model(messages, options)).toEqual({ text: "first", usage: { inputTokens: 1, outputTokens: 2 } });
  messages.push(...ask("changed later"));
  expect(await model(ask("two"), options)).toEqual({ text: "second", model: "other" });
  expect(await model(ask("three"), options)).toMatchObject({ text: "third: three" });
  await expect(model(ask("four"), options)).rejects.toThrow("overloaded");
  expect(model.modelName).toBe("script");
  expect(model.calls.map(({ messages: [message, ...rest] }) => [message?.content, rest.length])).toEqual([
    ["one", 0],
    ["two", 0],
    ["three", 0],
    ["four", 0],
  ]);
  expect(model.calls[0]?.options).toBe(options);
});

it("scriptedModel() says when its replies are used up, unless onMissing answers", async () => {
  await expect(scriptedModel([])(ask("anyone?"), options)).rejects.toThrow(
    'Cannot answer: the script of "scripted" has 0 replies, all used; asked "anyone?"',
  );
  expect(await scriptedModel([], { onMissing: () => "here" })(ask("anyone?"), options)).toMatchObject({ text: "here" });
});

it("scriptedModel() ends with the signal's reason, also while a reply is awaited", async () => {
  const model = scriptedModel([() => new Promise(() => {})]);
  const controller = new AbortController();
  const waiting = model(ask("x"), { ...options, signal: controller.signal });
  controller.abort(new Error("stopped"));
  await expect(waiting).rejects.toThrow("stopped");
  await expect(model(ask("y"), { ...options, signal: controller.signal })).rejects.toThrow("stopped");
  expect(model.calls).toHaveLength(1);
});
