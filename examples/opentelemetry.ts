// A run through OpenTelemetry with OpenInference: what a collector, Phoenix or Langfuse would be sent, here kept in memory.
import assert from "node:assert/strict";
import { LangChainInstrumentation } from "@arizeai/openinference-instrumentation-langchain";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { scriptedModel } from "rlm-core/testing";
import { createRlm } from "rlm-langgraph";

const exporter = new InMemorySpanExporter(); // yours: new OTLPTraceExporter({ url: "http://localhost:4318/v1/traces" })
const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
new LangChainInstrumentation({ tracerProvider }).manuallyInstrument(await import("@langchain/core/callbacks/manager"));

const model = scriptedModel(["```repl\nFINAL(await llm_query('Say it shorter: ' + context.slice(0, 40)));\n```"]);
const subModel = scriptedModel(["Shorter."]);
const rlm = createRlm({ model, subModel, limits: { directBelow: 0 } });
const { answer } = await rlm.invoke({ query: "In short?", context: "A long text that says little. ".repeat(1_000) });

const spans = exporter.getFinishedSpans();
const nameOf = new Map(spans.map((span) => [span.spanContext().spanId, span.name]));
const lines = spans.map(
  ({ name, parentSpanContext }) => `${nameOf.get(parentSpanContext?.spanId ?? "") ?? "-"} > ${name}`,
);
console.log(lines.join("\n"));

assert.equal(answer, "Shorter.");
for (const line of ["- > rlm", "rlm > generate", "rlm > execute", "execute > llm_query"])
  assert.ok(lines.includes(line), line);
