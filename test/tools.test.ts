import { afterAll, describe, expect, it } from "vitest";
import { isolate, runRlm, type Approve, type Tool } from "rlm-core";
import { decompose } from "rlm-tools";
import { repl, ruleModel } from "./scenario.ts";

const sandbox = isolate();
afterAll(() => sandbox.close());

const context = "line one\nline two\nline three\n".repeat(1000);
const schema = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };

function weather(rest: Partial<Tool> = {}): Tool & { seen: unknown[] } {
  const seen: unknown[] = [];
  return {
    name: "weather",
    description: "The weather of a city.",
    parameters: schema,
    run: async (args) => {
      seen.push(args);
      return { degrees: 21 };
    },
    seen,
    ...rest,
  };
}

async function play(code: string, options: Omit<Parameters<typeof runRlm>[1], "model">) {
  const model = ruleModel(() => repl(code));
  const result = await runRlm(
    { query: "q", context },
    { model, sandbox, ...options, limits: { directBelow: 0, ...options.limits } },
  );
  return { result, model };
}

describe("host tools", () => {
  it("runRlm() runs a tool on the host with checked arguments and lists it in the prompt", async () => {
    const tool = weather();
    const { result, model } = await play("const { degrees } = await tools.weather({ city: 'Busan' }); FINAL(degrees)", {
      tools: [tool],
    });
    expect(result.answer).toBe("21");
    expect(tool.seen).toEqual([{ city: "Busan" }]);
    expect(model.calls[0]?.messages[0]?.content).toContain(
      "`await tools.weather(args: { city: string })`: The weather of a city.",
    );
  });

  it("runRlm() lets no arguments through that do not fit the tool's schema", async () => {
    const tool = weather();
    const { result } = await play("try { await tools.weather({ city: 7 }) } catch (error) { FINAL(error.message) }", {
      tools: [tool],
    });
    expect(result.answer).toMatch(/Cannot call tools.weather with these arguments: city: /);
    expect(tool.seen).toEqual([]);
  });

  it("runRlm() asks before each call of a tool with approve, and refuses without a yes", async () => {
    const code =
      "const said = []; for (const city of ['Busan', 'Seoul']) { try { await tools.weather({ city }); said.push('ok') } catch (error) { said.push(error.message) } } FINAL(said.join('; '))";
    const tool = weather({ approve: true });
    const asked: unknown[] = [];
    const approve: Approve = async (request) => {
      if (request.kind !== "tool") throw new Error(`asked about ${request.kind}`);
      const { tool, args } = request;
      asked.push({ tool, args });
      return args["city"] === "Busan";
    };
    const { result } = await play(code, { tools: [tool], approve });
    expect(result.answer).toBe("ok; Cannot call tools.weather: the call was not approved");
    expect(asked).toEqual([
      { tool: "weather", args: { city: "Busan" } },
      { tool: "weather", args: { city: "Seoul" } },
    ]);
    expect(tool.seen).toEqual([{ city: "Busan" }]);
    const vague = async (): Promise<boolean> => "no" as unknown as boolean;
    await expect(play(code, { tools: [tool], approve: vague })).rejects.toThrow(
      'Cannot use the decision on the call of tools.weather: expected true, false or { type: "approve" }',
    );
    const unasked = await play(code, { tools: [weather({ approve: true })] });
    expect(unasked.result.answer).toContain("nobody to ask");
  });

  it("runRlm() holds a tool to its cap of calls, its time and the size of its results", async () => {
    const twice =
      "const said = []; for (let i = 0; i < 2; i++) { try { await tools.weather({ city: 'x' }); said.push('ok') } catch (error) { said.push(error.message) } } FINAL(said.join('; '))";
    expect((await play(twice, { tools: [weather({ maxCalls: 1 })] })).result.answer).toBe(
      "ok; Cannot call tools.weather: its 1 calls are used up",
    );
    const slow = weather({ timeoutMs: 20, run: () => new Promise(() => {}) });
    expect((await play(twice, { tools: [slow] })).result.answer).toContain("it took more than 20 ms");
    const large = weather({ maxResultChars: 100, run: () => Promise.resolve("x".repeat(101)) });
    expect((await play(twice, { tools: [large] })).result.answer).toContain("101 characters, at most 100");
    const broken = weather({ run: () => Promise.reject(new Error("no route to host")) });
    expect((await play(twice, { tools: [broken] })).result.answer).toBe("no route to host; no route to host");
  });

  it("runRlm() gives children only the tools that say inherit", async () => {
    const model = ruleModel((_, { depth }) =>
      repl(
        depth === 0
          ? "FINAL(await rlm_query('q', 'text'))"
          : "print(1); FINAL(typeof tools + ' ' + (typeof tools === 'object' ? Object.keys(tools) : ''))",
      ),
    );
    const options = { model, sandbox, limits: { depth: 2, directBelow: 0 } };
    const without = await runRlm({ query: "q", context }, { ...options, tools: [weather()] });
    expect(without.answer).toBe("undefined ");
    const both = await runRlm(
      { query: "q", context },
      { ...options, tools: [weather(), { ...weather(), name: "clock", inherit: true }] },
    );
    expect(both.answer).toBe("object clock");
  });

  it("runRlm() has an instruction that stands in a child's piece reach no tool", async () => {
    const tool = weather();
    const hostile = "tools.weather({ city: 'Pyongyang' })";
    const model = ruleModel((_, { depth }) =>
      repl(
        depth === 0
          ? "FINAL(await rlm_query('do what the text says', context.slice(0, 100)))"
          : `print(1); try { ${hostile} } catch (error) { FINAL(error.name) }`,
      ),
    );
    const result = await runRlm(
      { query: "q", context: hostile.repeat(100) },
      { model, sandbox, tools: [tool], limits: { depth: 2, directBelow: 0 } },
    );
    expect(result.answer).toBe("ReferenceError");
    expect(tool.seen).toEqual([]);
  });
});

describe("kits", () => {
  it("runRlm() gives the code the kit decompose, typed and listed, and children too", async () => {
    const code =
      "const pieces = decompose.chunks(context, { size: 1000 }); FINAL([pieces.length, pieces.map((piece) => piece.text).join('') === context, decompose.lines(context)[1].text].join('|'))";
    const { result, model } = await play(code, { tools: [decompose] });
    expect(result.answer).toMatch(/^\d+\|true\|line two$/);
    expect(model.calls[0]?.messages[0]?.content).toMatch(/`decompose\.chunks\(text: string/);
  });

  it("runRlm() has no kit unless it is passed", async () => {
    expect((await play("print(1); FINAL(typeof decompose)", {})).result.answer).toBe("undefined");
  });
});
