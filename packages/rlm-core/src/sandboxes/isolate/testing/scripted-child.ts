import { writeSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { openSyncPipe } from "../sync-pipe.ts";
import { encodeFrame, pipeFd, type FromChild } from "../wire.ts";

// A child for tests, honest or not: the code of a block, and each result's text, is JSON that says what it does.

/** In order: sends `frames`, writes `bytes` as they are, takes memory, hangs, says `stderr` and exits. */
export interface ChildScript {
  frames?: unknown[];
  bytes?: string;
  takeMb?: number;
  hang?: boolean;
  stderr?: string;
  exit?: number;
}

const pipe = openSyncPipe(pipeFd);
const held: Buffer[] = [];
const scripts: string[] = [];
send({ type: "ready" });
for (let frame = pipe.read(); frame !== undefined; frame = pipe.read()) {
  if (frame.type === "context") pipe.readText(frame.length, frame.wide);
  if (frame.type === "open") send({ type: "opened" });
  if (frame.type === "run") play([frame.code]);
  if (frame.type === "result") scripts.push(frame.value.text);
  if (frame.type === "answer") play(scripts.splice(0));
  await setImmediate();
}

function play(texts: string[]): void {
  send({ type: "entered" });
  for (const text of texts) act(JSON.parse(text) as ChildScript);
}

function act({ frames = [], bytes, takeMb = 0, hang = false, stderr = "", exit }: ChildScript): void {
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
