import { awaitAllCallbacks } from "@langchain/core/callbacks/promises";
import { tool } from "@langchain/core/tools";
import { LangChainTracer } from "@langchain/core/tracers/tracer_langchain";
import { Client } from "langsmith";
import { defineTool, isolate, type Kit, type KitScope } from "rlm-core";
import { createRlm, replTool } from "rlm-langgraph";
import { afterAll, expect, it } from "vitest";
import { repl, ruleModel, turnOf } from "../scenario.ts";
import { langSmithServer, type ReceivedRun } from "./langsmith-server.ts";
import { secret } from "./traced-job.ts";

const sandbox = isolate({ warm: 0 });
afterAll(() => sandbox.close());

const parameters = { type: "object", properties: { text: { type: "string" } }, required: ["text"] } as const;
const measure = defineTool({
  name: "measure",
  description: "Characters of a text.",
  parameters,
  run: ({ text }) => {
    if (text === "") throw new RangeError("nothing to measure");
    return String(text).length;
  },
});
const shout = tool(({ text }) => text.toUpperCase(), { name: "shout", description: "", schema: parameters });

const loud: Kit = {
  name: "loud",
  tools: [measure, replTool(shout)],
  functions: {
    ask: {
      signature: "(name: string, text: string) => Promise<unknown>",
      description: "A host tool.",
      async run(this: KitScope, name: string, text: string) {
        return await this.tool(name)({ text });
      },
    },
  },
};

const blocks: Record<string, string> = {
  "0 1": `const both = await Promise.all([tools.measure({ text: context }), loud.ask("measure", context)]);
const failed = await Promise.allSettled([tools.measure({ text: "" }), loud.ask("measure", "")]);
print(both);`,
  "0 2": "const child = await rlm_query('Measure it.', context); print(child); await loud.ask('shout', 'ab');",
  "0 3": "FINAL([both, child, failed.map(({ reason }) => reason.message)])",
  "1 1": "const size = await loud.ask('measure', context); print(size);",
  "1 2": "FINAL(size)",
};

it("a host tool of a kit is a run of the trace by the name that it is called by, below the node that ran the code, told as a plain tool's", async () => {
  const server = await langSmithServer("json");
  try {
    const client = new Client({ apiUrl: server.url, apiKey: "none" });
    const model = ruleModel((messages, { depth }) => repl(blocks[`${depth} ${turnOf(messages)}`] ?? ""));
    const rlm = createRlm({ model, sandbox, tools: [measure, loud], limits: { depth: 2, directBelow: 0 } });
    const context = `${"dry. ".repeat(600)}${secret}`;
    const callbacks = [new LangChainTracer({ client, projectName: "rlm" })];
    const { answer, runId } = await rlm.invoke({ query: "q", context }, { callbacks });
    await awaitAllCallbacks();
    await client.awaitPendingTraceBatches();

    const size = context.length;
    expect(JSON.parse(answer)).toEqual([[size, size], size, ["nothing to measure", "nothing to measure"]]);
    const runs = server.runs();
    const path = (run: ReceivedRun): string[] => {
      const above = runs.find(({ id }) => id === run.parent_run_id);
      return above === undefined ? [run.name] : [...path(above), run.name];
    };
    const calls = runs.filter(({ name }) => /measure|shout/.test(name)).map((run) => ({ ...run, path: path(run) }));
    const called = (name: string): object[] =>
      calls
        .filter((run) => run.name === name)
        .map(({ path: above, run_type, error, inputs, outputs, extra }) => {
          const { rlm_run, rlm_depth, rlm_turn, rlm_call, rlm_calls } = extra?.metadata ?? {};
          return {
            above: above.slice(0, -1).join(" > "),
            run_type,
            error,
            inputs,
            outputs,
            rlm_run,
            rlm_depth,
            rlm_turn,
            rlm_call,
            rlm_calls,
          };
        })
        .toSorted((a, b) => a.above.length - b.above.length || Number(a.rlm_call) - Number(b.rlm_call));
    const told = (name: string, id: number, text: string, outputs: object, more: object = {}): object => ({
      above: "rlm > execute",
      run_type: "chain",
      inputs: { turn: 1, id, kind: "tool", name, chars: JSON.stringify({ text }).length },
      outputs,
      rlm_run: runId,
      rlm_depth: 0,
      rlm_turn: 1,
      rlm_call: id,
      rlm_calls: 0,
      ...more,
    });
    const measured = { ok: true, chars: String(size).length };
    const failed = { ok: false, chars: JSON.stringify({ code: "tool", message: "nothing to measure" }).length };
    expect(called("tools.measure")).toEqual([told("measure", 1, context, measured), told("measure", 3, "", failed)]);
    const ofChild = { above: "rlm > submodel > rlm > execute", rlm_run: `${runId}/2.5`, rlm_depth: 1 };
    expect(called("loud.measure")).toEqual([
      told("loud.measure", 2, context, measured),
      told("loud.measure", 4, "", failed),
      told("loud.measure", 1, context, measured, ofChild),
    ]);
    const own = calls.find(({ name }) => name === "shout");
    expect(own).toMatchObject({ run_type: "tool", inputs: { text: "ab" }, outputs: { output: "AB" } });
    expect(own?.path).toEqual(["rlm", "execute", "loud.shout", "shout"]);
    // Of the arguments and results of the calls themselves there is nothing but their lengths.
    expect(server.text()).not.toContain(secret);
  } finally {
    await server.close();
  }
});
