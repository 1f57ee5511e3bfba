import { afterAll, describe, expect, it } from "vitest";
import { InputError, isolate, RlmError, runRlm, type Model, type RlmInput } from "rlm-core";
import { childPids, repl, ruleModel } from "./scenario.ts";

const sandbox = isolate({ warm: 0 });
afterAll(() => sandbox.close());

const model = ruleModel(() => repl("FINAL(1)"));
const run = (input: unknown, options: object = {}) => runRlm(input as RlmInput, { model, sandbox, ...options });
const input = { query: "q", context: "some text" };

describe("bad input", () => {
  const inputs: [string, unknown, RegExp][] = [
    ["no input", undefined, /Expected the input to be \{ query, context \}/],
    ["an empty query", { query: "  ", context: "x" }, /Expected query to be a question, got an empty string/],
    ["a query of a wrong type", { query: 7, context: "x" }, /Expected query to be a string, got number/],
    ["an empty context", { query: "q", context: "" }, /empty/],
    ["a context of a wrong type", { query: "q", context: 7 }, /number/],
    ["no context", { query: "q" }, /undefined/],
    ["an unknown input", { query: "q", context: "x", contxt: "y" }, /Unknown input "contxt"/],
  ];
  for (const [what, value, message] of inputs) {
    it(`runRlm() says what is wrong with ${what}`, async () => {
      await expect(run(value)).rejects.toThrow(message);
      await expect(run(value)).rejects.toBeInstanceOf(InputError);
    });
  }

  const options: [string, object, RegExp][] = [
    ["an unknown option", { modle: model }, /Unknown option "modle": expected one of model, subModel/],
    ["no model", { model: undefined }, /Expected options.model to be a function/],
    ["a sub-model that is none", { subModel: "gpt" }, /Expected options.subModel to be a function/],
    ["an unknown limit", { limits: { turn: 3 } }, /Unknown limit "turn"/],
    ["a limit out of range", { limits: { turns: 0 } }, /Expected limits.turns to be an integer of 1 or more, got 0/],
    [
      "a limit that is no integer",
      { limits: { depth: 1.5 } },
      /Expected limits.depth to be an integer from 0 to 100, got 1.5/,
    ],
    ["an unbounded request", { limits: { concurrency: Infinity } }, /limits.concurrency/],
    [
      "a limit that no timer can hold",
      { limits: { computeMs: 2 ** 31 } },
      /limits.computeMs.*from 1 to 86400000, got 2147483648/,
    ],
    ["limits that are a list", { limits: [] }, /Expected limits to be an object, got an array/],
    [
      "a tool's time that no timer can hold",
      { tools: [{ ...tool("a"), timeoutMs: Infinity }] },
      /timeoutMs of tool "a".*got Infinity/,
    ],
    ["a tool's negative cap", { tools: [{ ...tool("a"), maxCalls: -1 }] }, /maxCalls of tool "a".*got -1/],
    ["a tool without a name", { tools: [{}] }, /options.tools\[0\].name to be an identifier, got undefined/],
    ["a kit whose name is taken", { tools: [{ name: "print", functions: {} }] }, /Cannot use the kit "print"/],
    [
      "a kit's function that is none",
      { tools: [{ name: "k", functions: { f: { run: "x" } } }] },
      /k\.f\.run to be a function, got string/,
    ],
    ["a limit of a wrong type", { limits: { calls: "9" } }, /limits.calls.*got 9/],
    ["two tools of one name", { tools: [tool("a"), tool("a")] }, /"a" twice/],
    ["a tool whose name is no identifier", { tools: [tool("a b")] }, /identifier, got "a b"/],
    ["a price that is none", { prices: { m: { inputPerMillion: -1, outputPerMillion: 1 } } }, /prices\["m"\]/],
    ["a response format that is none", { responseFormat: "json" }, /responseFormat/],
    ["a response format that is a list", { responseFormat: [] }, /responseFormat/],
    [
      "a response format with a type that does not exist",
      { responseFormat: { type: "objekt" } },
      /"type" cannot be "objekt"/,
    ],
    ["a schema of another library", { responseFormat: { "~standard": {} } }, /another library or of zod 3/],
    ["a sandbox that is none", { sandbox: {} }, /Expected options.sandbox to be a sandbox/],
    ["a store that is none", { store: "runs" }, /Expected options.store to be a run store/],
    ["a profile that is none", { profile: "big" }, /Expected options.profile to be a profile such as big, got string/],
    ["an approve that is none", { approve: true }, /Expected options.approve to be a function, got boolean/],
    ["a tool that is none", { tools: [null] }, /Expected options.tools\[0\] to be a tool or a kit, got null/],
    ["a tool without parameters", { tools: [{ ...tool("a"), parameters: undefined }] }, /parameters of tool "a"/],
    ["a signal that is none", { signal: true }, /AbortSignal/],
  ];
  for (const [what, given, message] of options) {
    it(`runRlm() says what is wrong with ${what}`, async () => {
      await expect(run(input, given)).rejects.toThrow(message);
      await expect(run(input, given)).rejects.toBeInstanceOf(InputError);
    });
  }
});

describe("bad models", () => {
  const bad: [string, Model, RegExp][] = [
    ["throws", () => Promise.reject(new Error("401 no key")), /Cannot get a reply from the model "model": 401 no key/],
    [
      "throws at once",
      () => {
        throw new Error("boom");
      },
      /Cannot get a reply from the model "model": boom/,
    ],
    [
      "returns nothing",
      (() => Promise.resolve(undefined)) as unknown as Model,
      /expected it to return \{ text: string \}, got undefined/,
    ],
    [
      "returns something else",
      (() => Promise.resolve({ content: "x" })) as unknown as Model,
      /got an object with content/,
    ],
  ];
  for (const [what, broken, message] of bad) {
    for (const limits of [{}, { directBelow: 0 }]) {
      it(`runRlm() says that the model ${what} (${limits.directBelow === 0 ? "root" : "direct"})`, async () => {
        await expect(run(input, { model: broken, limits })).rejects.toThrow(message);
        await expect(run(input, { model: broken, limits })).rejects.toBeInstanceOf(RlmError);
        expect(childPids()).toEqual([]);
      });
    }
  }

  it("runRlm() goes on where a sub-model throws, and the code sees the message", async () => {
    const subModel: Model = () => Promise.reject(new Error("400 no"));
    const root = ruleModel(() => repl("try { await llm_query('x') } catch (error) { FINAL(error.message) }"));
    const result = await run(input, { model: root, subModel, limits: { directBelow: 0 } });
    expect(result.answer).toBe('Cannot get a reply from the model "model": 400 no');
    expect(result.usage.calls).toBe(2);
  });

  it("runRlm() can be aborted while a model never returns", async () => {
    const controller = new AbortController();
    const asked = Promise.withResolvers<void>();
    const never: Model = () => {
      asked.resolve();
      return new Promise(() => {});
    };
    const running = run(input, { model: never, signal: controller.signal, limits: { directBelow: 0 } });
    await asked.promise;
    controller.abort(new Error("enough"));
    await expect(running).rejects.toThrow("enough");
    expect(childPids()).toEqual([]);
  });

  it("runRlm() can be aborted while sub-models never return and while code computes", async () => {
    for (const code of ["await llm_query_batched(['a', 'b'])", "while (true) {}"]) {
      const controller = new AbortController();
      const reason = new Error("enough");
      const root = ruleModel(() => repl(code));
      const subModel: Model = () => new Promise(() => {});
      const onEvent = (event: { type: string; event?: { type: string } }) => {
        if (
          event.type === "query-start" ||
          (event.type === "journal" && event.event?.type === "block" && code.startsWith("while"))
        )
          setImmediate(() => controller.abort(reason));
      };
      await expect(
        run(input, { model: root, subModel, signal: controller.signal, onEvent, limits: { directBelow: 0 } }),
      ).rejects.toBe(reason);
      expect(childPids()).toEqual([]);
    }
  });

  it("runRlm() aborted before it begins asks nobody", async () => {
    const silent = ruleModel(() => "x");
    await expect(run(input, { model: silent, signal: AbortSignal.abort(new Error("before")) })).rejects.toThrow(
      "before",
    );
    expect(silent.calls).toHaveLength(0);
  });

  it("runRlm() estimates usage that a model does not report, and marks it", async () => {
    const quiet: Model = () => Promise.resolve({ text: "one two three" });
    const result = await run(input, { model: quiet });
    expect(result.usage).toMatchObject({ calls: 1, estimated: true, outputTokens: 3 });
  });

  it("runRlm() tells the model what to do about a reply without code", async () => {
    const root = ruleModel((messages) =>
      messages.length < 4 ? "I think it is seven." : repl("print(1); FINAL('seven')"),
    );
    const result = await run(input, { model: root, limits: { directBelow: 0 } });
    expect(result.answer).toBe("seven");
    expect(root.calls[1]?.messages[3]?.content).toContain("had no code");
  });
});

function tool(name: string) {
  return { name, description: "", parameters: {}, run: () => Promise.resolve(1) };
}
