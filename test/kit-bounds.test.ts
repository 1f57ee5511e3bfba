import { defineTool, isolate, runRlm, type Kit, type KitScope, type RlmResult, type Tool } from "rlm-core";
import { scriptedModel, type ScriptedModel } from "rlm-core/testing";
import { afterAll, describe, expect, it } from "vitest";
import { repl } from "./scenario.ts";

const sandbox = isolate();
afterAll(() => sandbox.close());

const parameters = { type: "object", properties: { length: { type: "integer" } } };
const write = defineTool({
  name: "write",
  description: "",
  parameters,
  maxResultChars: 10,
  run: ({ length }) => "x".repeat(Number(length)),
});

/** A host tool that ends only when it is aborted, and keeps why; `begun` is called when it waits for that. */
function endless(
  name: string,
  aborted: unknown[],
  { begun = () => {}, ...bounds }: Partial<Tool> & { begun?(): void },
) {
  return defineTool({
    name,
    description: "",
    parameters,
    ...bounds,
    run: async (_, { signal }) => {
      const ended = new Promise<never>((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          aborted.push(signal.reason);
          reject(new Error("not what the code is told"));
        });
      });
      begun();
      return await ended;
    },
  });
}

async function play(code: string, tools: Tool[], signal?: AbortSignal): Promise<RlmResult> {
  const kit: Kit = {
    name: "heavy",
    tools,
    functions: {
      call: {
        signature: "(name: string, args: object) => Promise<unknown>",
        description: "A host tool.",
        async run(this: KitScope, name: string, args: Record<string, unknown>) {
          return await this.tool(name)(args);
        },
      },
    },
  };
  const model: ScriptedModel = scriptedModel([repl(code)]);
  const options = { model, sandbox, tools: [kit], limits: { directBelow: 0 }, ...(signal && { signal }) };
  return await runRlm({ query: "q", context: "text" }, options);
}

describe("a kit's host tool with timeoutMs and maxResultChars", () => {
  it("runRlm() tells the code why a call has no result, and lets it go on; what is in flight at FINAL is aborted", async () => {
    const late: unknown[] = [];
    const left: unknown[] = [];
    const { answer } = await play(
      `const left = heavy.call("left", {});
const told = await Promise.allSettled([
  heavy.call("slow", {}), heavy.call("write", { length: 11 }), heavy.call("write", { length: 10 }),
]);
FINAL(told.map(({ reason, value }) => value ?? [reason.name, reason.code, reason.message]));`,
      [endless("slow", late, { timeoutMs: 5 }), endless("left", left, {}), write],
    );
    const slow = "Cannot wait for heavy.slow any longer: it took more than 5 ms";
    expect(JSON.parse(answer)).toEqual([
      ["Error", "tool", slow],
      ["Error", "tool", "Cannot pass on the result of heavy.write: it has 11 characters, at most 10 are let through"],
      "x".repeat(10),
    ]);
    expect(late).toMatchObject([{ message: slow }]);
    expect(left).toMatchObject([{ name: "AbortError", message: "The block has ended" }]);
  });

  it("runRlm() aborts a call in flight where the run is stopped, and the code does not hear of it", async () => {
    const stop = new AbortController();
    const reason = new Error("enough");
    const aborted: unknown[] = [];
    const stopped = endless("stopped", aborted, { timeoutMs: 60_000, begun: () => stop.abort(reason) });
    const code = "try { await heavy.call('stopped', {}) } catch { FINAL('it went on') }";
    await expect(play(code, [stopped], stop.signal)).rejects.toBe(reason);
    expect(aborted).toEqual([reason]);
  });
});
