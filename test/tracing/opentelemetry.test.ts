import { LangChainInstrumentation } from "@arizeai/openinference-instrumentation-langchain";
import { awaitAllCallbacks } from "@langchain/core/callbacks/promises";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { afterAll, describe, expect, it } from "vitest";
import { isolate } from "rlm-core";
import { createRlm } from "rlm-langgraph";
import { otlpServer, type Span } from "./otlp-server.ts";
import { createJobModel, job, prices, secret } from "./traced-job.ts";
import { expectTraceOfJob, type TraceNode } from "./trace-tree.ts";

const sandbox = isolate({ warm: 0 });
afterAll(() => sandbox.close());

describe("a run in OpenTelemetry", () => {
  it("createRlm() of depth 2 with 12 sub-calls is one tree of OpenInference's spans", async () => {
    const server = await otlpServer();
    const exporter = new OTLPTraceExporter({ url: server.url });
    const tracerProvider = new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] });
    const instrumentation = new LangChainInstrumentation({ tracerProvider });
    instrumentation.manuallyInstrument(await import("@langchain/core/callbacks/manager"));
    try {
      const rlm = createRlm({ model: createJobModel(), sandbox, prices, limits: { depth: 2, directBelow: 0 } });
      const result = await rlm.invoke(job);
      await awaitAllCallbacks();
      await tracerProvider.forceFlush();

      expect(new Set(server.spans.map(({ traceId }) => traceId)).size).toBe(1);
      expectTraceOfJob(server.spans.map(nodeOf), result);
      expect(JSON.stringify(server.spans)).not.toContain(secret);
    } finally {
      instrumentation.disable();
      await tracerProvider.shutdown();
      await server.close();
    }
  });
});

function nodeOf({ spanId, parentSpanId, name, attributes }: Span): TraceNode {
  const of = new Map(attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue]));
  const tokens = (kind: string): number => Number(of.get(`llm.token_count.${kind}`) ?? 0);
  const isModel = of.get("openinference.span.kind") === "LLM";
  return {
    id: spanId,
    parent: parentSpanId,
    name,
    isModel,
    metadata: JSON.parse(String(of.get("metadata"))) as Record<string, unknown>,
    inputs: String(of.get("input.value")),
    outputs: String(of.get("output.value")),
    tokens: isModel ? { input: tokens("prompt"), output: tokens("completion") } : undefined,
  };
}
