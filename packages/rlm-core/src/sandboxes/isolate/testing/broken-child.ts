import { writeSync } from "node:fs";
import { createRequire } from "node:module";
import { setImmediate } from "node:timers/promises";
import ivm from "isolated-vm";
import { receiveText } from "../receive-text.ts";
import { openSyncPipe } from "../sync-pipe.ts";
import { encodeFrame, pipeFd, type FromChild } from "../wire.ts";

// A child for tests whose isolate is broken: a block that begins with "// node" runs as code of Node, any other in an
// isolate that has the `isolated-vm` module itself. Its output is what came of it.

type Run = (...args: unknown[]) => unknown;
const AsyncFunction = (async () => {}).constructor as new (...parts: string[]) => Run;
const require = createRequire(import.meta.url);
const pipe = openSyncPipe(pipeFd);
send({ type: "ready" });
for (let frame = pipe.read(); frame !== undefined; frame = pipe.read()) {
  if (frame.type === "context") receiveText(pipe, frame.length);
  if (frame.type === "open") send({ type: "opened" });
  if (frame.type === "run") {
    send({ type: "entered" });
    const text = await outcome(frame.code);
    send({ type: "done", done: { kind: "done", output: { text, chars: text.length }, computeMs: 0 } });
  }
  await setImmediate();
}

async function outcome(code: string): Promise<string> {
  try {
    const value: unknown = code.startsWith("// node")
      ? await new AsyncFunction("require", "process", code)(require, process)
      : inIsolate(code);
    return `done: ${String(value)}`;
  } catch (error) {
    return error instanceof Error && "code" in error ? `refused: ${String(error.code)}` : `refused: ${String(error)}`;
  }
}

function inIsolate(code: string): unknown {
  const context = new ivm.Isolate({ memoryLimit: 64 }).createContextSync();
  context.global.setSync("ivm", ivm);
  return context.evalSync(code, { timeout: 2_000, copy: true });
}

function send(frame: FromChild): void {
  writeSync(pipeFd, encodeFrame(frame));
}
