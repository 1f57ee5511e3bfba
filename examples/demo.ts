// A recursive language model over 10 MB of real text, watched as it works: `pnpm demo`.
import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setImmediate } from "node:timers/promises";
import { parseArgs } from "node:util";
import { liveTree } from "rlm-cli";
import { countTokens, InputError, type Emit } from "rlm-core";
import { trajectoryWriter, type TrajectoryWriter } from "rlm-core/trajectory";
import { offlineModel } from "rlm-tools/offline-model";
import { loadAddresses, type Address } from "./panama/addresses.ts";
import { askPresidents, question } from "./panama/ask-presidents.ts";
import { table } from "./panama/table.ts";

const help = `Usage: pnpm demo [--trace FILE] [--delay MS]

Asks "${question}"
over all 233 State of the Union addresses, and shows what happens. No key, no network.

  --trace FILE  where to write the trajectory of the run (default: a new folder for temporary files)
  --delay MS    how long the stand-in holds back each reply, so that you can watch (default: 400 on a terminal, else 0)
  --help        this text`;

process.exitCode = await main();

async function main(): Promise<number> {
  const options = readOptions();
  if (typeof options === "number") return options;
  const { trace, delayMs } = options;
  const isThere = existsSync(trace);
  const stopped = new AbortController();
  const stop = (): void => stopped.abort(new DOMException("Stopped by Ctrl-C", "AbortError"));
  // Once: a second Ctrl-C ends the process at once.
  process.once("SIGINT", stop);
  // Where nobody reads the answer any more (`| head -3`) the run is over; without the tree it goes on.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    stopped.abort(error);
  });
  process.stderr.on("error", () => {});
  try {
    return await demo(trace, delayMs, stopped.signal);
  } catch (error) {
    if (stopped.signal.aborted) {
      console.log(`\nStopped.${existsSync(trace) ? ` The trace so far: ${trace}` : ""}`);
      return 130;
    }
    if (!(error instanceof InputError)) throw error;
    // The writer's own words are for callers of the library.
    console.error(
      isThere ? `Cannot write the trace to ${trace}: it is there already; give another path` : error.message,
    );
    return 2;
  } finally {
    process.off("SIGINT", stop);
  }
}

async function demo(trace: string, delayMs: number, signal: AbortSignal): Promise<number> {
  const held =
    delayMs === 0
      ? ""
      : ` It holds each reply back for ${delayMs} ms, so that you can watch: --delay 0 turns that off.`;
  console.log(`The model here is an offline stand-in: rules, not a language model.${held}`);
  const writer = trajectoryWriter(trace);
  try {
    const addresses = await loadAddresses();
    const tokens = await tokensOf(addresses, signal);
    console.log(`Context: ${addresses.length} State of the Union addresses, ${number(tokens)} tokens (o200k_base).`);
    console.log(`Question: ${question}\n`);
    const start = performance.now();
    const asked = await watched(
      (onEvent) => askPresidents(addresses, { model: offlineModel({ delayMs }), signal, onEvent }),
      writer,
    );
    const seconds = ((performance.now() - start) / 1000).toFixed(1);

    const { answer, largestRequest, usage } = asked;
    console.log(`\n${table(answer, process.stdout.columns ?? 120)}\n`);
    console.log(`Largest single model request: ${number(largestRequest)} tokens, of ${number(tokens)} in the text.`);
    console.log(
      `In all ${usage.calls} model calls, ${number(usage.inputTokens + usage.outputTokens)} tokens, ${seconds} s.`,
    );
    console.log(`Trace: ${trace}`);
    const scanned = scan(addresses);
    if (scanned === answer.mentions) return 0;
    console.error(`The answer is wrong: a plain scan of the text finds ${scanned} mentions, not ${answer.mentions}.`);
    return 1;
  } finally {
    await writer.close();
  }
}

/** Runs something with its events in the trace and in a live tree. */
async function watched<T>(run: (onEvent: Emit) => Promise<T>, trace: TrajectoryWriter): Promise<T> {
  const tree = liveTree();
  try {
    return await run((event) => {
      trace.onEvent(event);
      tree.onEvent(event);
    });
  } finally {
    tree.stop();
  }
}

function readOptions(): { trace: string; delayMs: number } | number {
  try {
    const { values } = parseArgs({
      options: { trace: { type: "string" }, delay: { type: "string" }, help: { type: "boolean" } },
    });
    if (values.help === true) {
      console.log(help);
      return 0;
    }
    const delayMs = values.delay === undefined ? (process.stderr.isTTY ? 400 : 0) : Number(values.delay);
    if (!Number.isSafeInteger(delayMs) || delayMs < 0 || delayMs >= 2 ** 31 || values.delay === "") {
      throw new TypeError(`Expected --delay to be a number of milliseconds, got "${values.delay}"`);
    }
    if (values.trace === "") throw new TypeError('Expected --trace to be the path of a new file, got ""');
    const trace = values.trace ?? join(mkdtempSync(join(tmpdir(), "rlm-demo-")), "trajectory.jsonl");
    return { trace: resolve(trace), delayMs };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${help}`);
    return 2;
  }
}

/** Counted address by address, for it takes seconds on a slow machine. */
async function tokensOf(addresses: readonly Address[], signal: AbortSignal): Promise<number> {
  let tokens = 0;
  let shown = performance.now();
  for (const [index, { text }] of addresses.entries()) {
    signal.throwIfAborted();
    tokens += await countTokens(text);
    if (performance.now() - shown > 2000) {
      console.log(`Counting tokens: ${index + 1} of ${addresses.length} addresses …`);
      shown = performance.now();
    }
    // Lets Ctrl-C through.
    await setImmediate();
  }
  return tokens;
}

function scan(addresses: readonly Address[]): number {
  return addresses.reduce((sum, { text }) => sum + (text.match(/\bpanama\s+canal\b/gi)?.length ?? 0), 0);
}

function number(value: number): string {
  return value.toLocaleString("en-US");
}
