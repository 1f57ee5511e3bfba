import { RunnableLambda } from "@langchain/core/runnables";
import type { LangGraphRunnableConfig } from "@langchain/langgraph";
import { calledAs, type Settled, type TracedCall } from "rlm-core/driver";
import { countInTrace, noTracedUsage } from "./trace-runs.ts";

/** A run of its own in the trace for each call of the code; the model's own run below it has the texts, so this one has none. */
export async function traced<T extends Settled>(
  call: TracedCall,
  work: () => Promise<T>,
  { signal: _, session, ...config }: LangGraphRunnableConfig & { session: string },
): Promise<T> {
  let settled: T | undefined;
  const name = call.kind === "tool" ? calledAs(call.name ?? "") : `${call.kind}_query`;
  const lambda = RunnableLambda.from(async (_call: TracedCall, { callbacks }: LangGraphRunnableConfig) => {
    countInTrace(callbacks, noTracedUsage);
    settled = await work();
    return { ok: settled.ok, chars: settled.value.text.length, ...(settled.cached && { cached: true }) };
  });
  const metadata = { ...config.metadata, rlm_run: session, rlm_turn: call.turn, rlm_call: call.id };
  await lambda.invoke(call, { ...config, runName: name, metadata });
  if (settled === undefined) throw new TypeError(`Cannot trace ${name}: it gave no result`);
  return settled;
}
