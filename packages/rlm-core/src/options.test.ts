import { describe, expect, it } from "vitest";
import { z } from "zod";
import { InputError } from "./errors.ts";
import type { Model } from "./model.ts";
import { resolveOptions, type RlmOptions } from "./options.ts";
import { scriptedSandbox } from "./testing/scripted-sandbox.ts";

const model: Model = () => Promise.resolve({ text: "" });
const windowed = (contextWindow: number): Model => Object.assign(model.bind(undefined), { contextWindow });
const resolve = (options: Partial<RlmOptions<unknown>>) => resolveOptions({ model, ...options }, scriptedSandbox([]));

describe("resolveOptions()", () => {
  it("resolveOptions() takes a zod schema as its JSON Schema", () => {
    const { responseFormat } = resolve({ responseFormat: z.object({ n: z.int() }) });
    expect(responseFormat).toMatchObject({ type: "object", properties: { n: { type: "integer" } }, required: ["n"] });
    expect(responseFormat).not.toHaveProperty("$schema");
  });

  it("resolveOptions() says what is wrong with a zod schema that is no JSON Schema", () => {
    for (const responseFormat of [z.string().transform(Number), z.date()]) {
      const message = /^Cannot use options.responseFormat: .* cannot be represented in JSON Schema; give the shape/;
      expect(() => resolve({ responseFormat })).toThrow(message);
      expect(() => resolve({ responseFormat })).toThrow(InputError);
    }
  });

  it.each<[Record<string, unknown>, string]>([
    [{ type: "objekt" }, '"type" cannot be "objekt"'],
    [{ properties: { at: { type: ["string", "nul"] } } }, '"type" cannot be ["string","nul"]'],
    [{ required: "name" }, '"required" cannot be "name"'],
    [{ properties: ["a"] }, '"properties" cannot be ["a"]'],
    [{ items: "string" }, '"items" cannot be "string"'],
    [{ pattern: "(" }, '"pattern" cannot be "("'],
    [{ patternProperties: { "[": {} } }, '"patternProperties" cannot be'],
    [{ minimum: "1" }, '"minimum" cannot be "1"'],
    [{ $ref: "#/$defs/none" }, "#/$defs/none"],
    [{ enum: [1n] }, "it is not JSON"],
  ])("resolveOptions() refuses the JSON Schema %o before anything is asked", (responseFormat, words) => {
    expect(() => resolve({ responseFormat })).toThrow(InputError);
    expect(() => resolve({ responseFormat })).toThrow("Cannot use options.responseFormat: it is no JSON Schema, ");
    expect(() => resolve({ responseFormat })).toThrow(words);
  });

  it("resolveOptions() takes all of JSON Schema, also what code in the REPL may not use", () => {
    const responseFormat = {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      $id: "https://example.org/answer",
      type: "object",
      properties: { day: { type: "string", format: "date", pattern: "^\\d" }, next: { $ref: "#/$defs/next" } },
      patternProperties: { "^x-": true },
      additionalProperties: false,
      $defs: { next: { type: ["object", "null"], dependentRequired: { a: ["b"] } } },
      "x-note": { type: "anything" },
    };
    expect(resolve({ responseFormat }).responseFormat).toBe(responseFormat);
  });

  it("resolveOptions() fits limits to the windows of models where the user said nothing", () => {
    const given = { model: windowed(20_000), subModel: windowed(32_192) };
    expect(resolve(given).limits).toMatchObject({ promptChars: 72_000, directBelow: 10_000, historyTokens: 10_000 });
    expect(resolve({ model: windowed(20_000), limits: { historyTokens: 19_000 } }).limits.historyTokens).toBe(19_000);
    const limits = { promptChars: 500_000, directBelow: 5 };
    expect(resolve({ ...given, limits }).limits).toMatchObject(limits);
    expect(resolve({ subModel: windowed(100) }).limits).toMatchObject({ promptChars: 100, directBelow: 16_000 });
  });

  it("resolveOptions() gives the model that the code chose by name, and an error of a name that nobody registered", () => {
    const large = windowed(1);
    const { subModel, models } = resolve({ subModel: { default: model, large } });
    expect(models).toEqual(["large"]);
    expect(subModel()).toBe(model);
    expect(subModel("large")).toBe(large);
    expect(() => subModel("constructor")).toThrow('there is no model "constructor"; there are default, large');
  });
});
