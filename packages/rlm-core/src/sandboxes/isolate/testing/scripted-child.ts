import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { writeSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { setImmediate } from "node:timers/promises";
import { receiveText } from "../receive-text.ts";
import { openSyncPipe } from "../sync-pipe.ts";
import { encodeFrame, pipeFd, type FromChild } from "../wire.ts";

// A child for tests, honest or not: the code of a block, and each result's text, is JSON that says what it does.

/** In order: tries to do `forbidden` and ends the block with what came of it, sends `frames`, writes `bytes` as they are, takes memory, hangs, says `stderr` and exits. */
export interface ChildScript {
  forbidden?: "read" | "write" | "spawn" | "connect";
  frames?: unknown[];
  bytes?: string;
  takeMb?: number;
  hang?: boolean;
  stderr?: string;
  exit?: number;
}

const attempts: Record<NonNullable<ChildScript["forbidden"]>, () => Promise<unknown>> = {
  read: () => readFile("/etc/passwd"),
  write: () => writeFile("here", ""),
  spawn: async () => execFileSync("true"),
  // Documentation addresses: nobody answers there, and without a network it is known at once.
  connect: () => once(connect(9, "192.0.2.1"), "connect"),
};

const pipe = openSyncPipe(pipeFd);
const held: Buffer[] = [];
const scripts: string[] = [];
send({ type: "ready" });
for (let frame = pipe.read(); frame !== undefined; frame = pipe.read()) {
  if (frame.type === "context" || frame.type === "library") receiveText(pipe, frame.length);
  if (frame.type === "open") send({ type: "opened" });
  if (frame.type === "run") await play([frame.code]);
  if (frame.type === "result") scripts.push(frame.value.text);
  if (frame.type === "answer") await play(scripts.splice(0));
  await setImmediate();
}

async function play(texts: string[]): Promise<void> {
  send({ type: "entered" });
  for (const text of texts) await act(JSON.parse(text) as ChildScript);
}

async function act({
  forbidden,
  frames = [],
  bytes,
  takeMb = 0,
  hang = false,
  stderr = "",
  exit,
}: ChildScript): Promise<void> {
  if (forbidden !== undefined) {
    const text = await attempts[forbidden]().then(
      () => "done",
      (error: unknown) => (error instanceof Error && "code" in error ? String(error.code) : "failed"),
    );
    send({ type: "done", done: { kind: "done", output: { text, chars: text.length }, computeMs: 0 } });
  }
  for (const frame of frames) send(frame as FromChild);
  if (bytes !== undefined) writeSync(pipeFd, Buffer.from(bytes, "latin1"));
  for (let taken = 0; taken < takeMb; taken++) held.push(Buffer.alloc(1_000_000, 1));
  while (hang);
  writeSync(2, stderr);
  if (exit !== undefined) process.exit(exit);
}

function send(frame: FromChild): void {
  writeSync(pipeFd, encodeFrame(frame));
}
