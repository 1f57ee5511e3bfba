import { awaitAllCallbacks } from "@langchain/core/callbacks/promises";
import { LangChainTracer } from "@langchain/core/tracers/tracer_langchain";
import { Client } from "langsmith";
import { afterAll, describe, expect, it } from "vitest";
import { isolate } from "rlm-core";
import { createRlm } from "rlm-langgraph";
import { langSmithServer, type ReceivedRun, type Wire } from "./langsmith-server.ts";
import { createJobModel, job, prices, secret } from "./traced-job.ts";
import { expectTraceOfJob, type TraceNode } from "./trace-tree.ts";

const sandbox = isolate({ warm: 0 });
afterAll(() => sandbox.close());

const sentAs: Record<Wire, string> = {
  json: "/runs/batch application/json",
  multipart: "/runs/multipart multipart/form-data",
  gzip: "/runs/multipart multipart/form-data gzip",
  zstd: "/runs/multipart multipart/form-data zstd",
};

describe("a run in LangSmith", () => {
  for (const wire of ["json", "multipart", "gzip", "zstd"] as const) {
    it(`createRlm() of depth 2 with 12 sub-calls is one tree, sent as ${wire}`, async () => {
      const server = await langSmithServer(wire);
      try {
        const client = new Client({ apiUrl: server.url, apiKey: "none" });
        const tracer = new LangChainTracer({ client, projectName: "rlm" });
        const rlm = createRlm({ model: createJobModel(), sandbox, prices, limits: { depth: 2, directBelow: 0 } });
        const result = await rlm.invoke(job, { callbacks: [tracer] });
        await awaitAllCallbacks();
        await client.awaitPendingTraceBatches();

        expect([...server.bodies]).toEqual([sentAs[wire]]);
        const runs = server.runs();
        expectTraceOfJob(runs.map(nodeOf), result);
        expectOrder(runs);
        expect(runs.filter(({ end_time }) => end_time === undefined)).toEqual([]);
        expect(server.text()).not.toContain(secret);
      } finally {
        await server.close();
      }
    });
  }
});

/** LangSmith sorts a trace by this: the parent's order, a point, and the run's own time and id. */
function expectOrder(runs: readonly ReceivedRun[]): void {
  const byId = new Map(runs.map((run) => [run.id, run]));
  for (const { id, name, parent_run_id, trace_id, dotted_order } of runs) {
    const parent = byId.get(parent_run_id ?? "");
    const own = dotted_order.split(".").at(-1) ?? "";
    const expected = parent === undefined ? own : `${parent.dotted_order}.${own}`;
    expect(dotted_order, name).toBe(expected);
    expect(own, name).toMatch(new RegExp(`^\\d{8}T\\d{12}Z${id}$`));
    expect(trace_id, name).toBe(dotted_order.slice(dotted_order.indexOf("Z") + 1).split(".")[0]);
  }
}

function nodeOf({ id, name, run_type, parent_run_id, extra, inputs, outputs }: ReceivedRun): TraceNode {
  const metadata = extra?.metadata ?? {};
  const used = metadata["usage_metadata"] as { input_tokens: number; output_tokens: number } | undefined;
  // By this LangSmith counts: on any other run it would count twice.
  if (run_type !== "llm") expect(used, name).toBeUndefined();
  return {
    id,
    name,
    parent: parent_run_id,
    isModel: run_type === "llm",
    metadata,
    inputs: JSON.stringify(inputs ?? {}),
    outputs: JSON.stringify(outputs ?? {}),
    tokens: used && { input: used.input_tokens, output: used.output_tokens },
  };
}
