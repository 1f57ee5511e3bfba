import { spawn } from "node:child_process";
import { once } from "node:events";
import { globSync, readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { fakeModel } from "@langchain/core/testing";
import { Annotation, END, START, StateGraph } from "@langchain/langgraph";
import { createAgent } from "langchain";
import { isolate, type Model } from "rlm-core";
import { createRlm, createRlmTool } from "rlm-langgraph";
import { medianMeasured, ms, type Row } from "./measure.ts";

const goal = 500;
const calls = 30;

/** From an abort to nothing being left, while sub-calls are in flight and code is in an endless loop, beside a SIGKILL to a process in such a loop. */
export async function abort(): Promise<Row[]> {
  const bare = await medianMeasured(5, killLoop);
  const row = async (what: string, start: Start): Promise<Row> => {
    const ours = await medianMeasured(5, () => abortRun(start));
    const result = `${ours <= goal ? "within" : "over"} the goal of ${goal} ms`;
    return { what, ours: ms(ours), beside: "SIGKILL to a loop", bare: ms(bare), result };
  };
  return [
    await row(`abort of ${calls} sub-calls and a loop, given to the Runnable`, (rlm, signal) =>
      rlm.invoke(input, { signal }),
    ),
    await row("the same, given to a graph around it", (rlm, signal) =>
      new StateGraph(Annotation.Root({ answer: Annotation<unknown> }))
        .addNode("ask", async (_, config) => ({ answer: (await rlm.invoke(input, config)).answer }))
        .addEdge(START, "ask")
        .addEdge("ask", END)
        .compile()
        .invoke({}, { signal }),
    ),
    await row("the same, given to an agent with the tool", (rlm, signal) =>
      createAgent({ model: asksOnce(), tools: [createRlmTool({ rlm, description: "Answers.", sources })] }).invoke(
        { messages: [{ role: "user", content: input.query }] },
        { signal },
      ),
    ),
  ];
}

type Start = (rlm: ReturnType<typeof createRlm>, signal: AbortSignal) => Promise<unknown>;

const input = { query: "What is it?", context: "word ".repeat(20_000) };
const sources = { log: input.context };
const asksOnce = () =>
  fakeModel().respondWithTools([{ name: "ask_rlm", args: { question: input.query, source: "log" }, id: "1" }]);
const code = `Array.from({ length: ${calls} }, (_, n) => llm_query("part " + n)); await llm_query("go"); for (;;);`;

async function abortRun(start: Start): Promise<number> {
  const inFlight = Promise.withResolvers<void>();
  let asked = 0;
  const model: Model = async (_, { purpose, signal }) => {
    if (purpose === "root") return { text: `\`\`\`repl\n${code}\n\`\`\`` };
    if (++asked > calls) {
      inFlight.resolve();
      return { text: "go" };
    }
    return await new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  };
  // Those of measures before it may wait for further work.
  const earlier = children();
  const sandbox = isolate({ warm: 0 });
  const limits = { concurrency: calls + 1, computeMs: 60_000, directBelow: 0 };
  const stop = new AbortController();
  const run = start(createRlm({ model, sandbox, limits }), stop.signal);
  const failed = run.then(
    () => Promise.reject(new Error("Expected the run to be aborted")),
    (error: unknown) => (error as Error).name,
  );
  await inFlight.promise;
  await setTimeout(50); // until the code is in its loop
  const begin = performance.now();
  stop.abort();
  const name = await failed;
  if (name !== "AbortError") throw new Error(`Expected an AbortError, got ${name}`);
  while ([...children()].some((pid) => !earlier.has(pid))) await setTimeout(1);
  const taken = performance.now() - begin;
  await sandbox.close();
  return taken;
}

async function killLoop(): Promise<number> {
  const child = spawn(process.execPath, ["-e", "console.log(1); for (;;);"], { stdio: ["ignore", "pipe", "ignore"] });
  await once(child.stdout, "data");
  const begin = performance.now();
  child.kill("SIGKILL");
  await once(child, "exit");
  return performance.now() - begin;
}

/** Processes that this one has started; on Linux, elsewhere none is seen. */
function children(): Set<string> {
  return new Set(
    globSync("/proc/self/task/*/children").flatMap((path) => readFileSync(path, "utf8").match(/\d+/g) ?? []),
  );
}
