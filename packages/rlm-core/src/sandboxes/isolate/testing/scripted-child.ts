import { setImmediate } from "node:timers/promises";
import { writeSync } from "node:fs";
import { openSyncPipe } from "../sync-pipe.ts";
import { encodeFrame, pipeFd, type FromChild } from "../wire.ts";

// A child for tests, honest or not: the code of a block, and each result's text, is JSON that says what it does.

/** In order: sends `frames`, writes `bytes` as they are, hangs, exits. */
export interface ChildScript {
  frames?: unknown[];
  bytes?: string;
  hang?: boolean;
  exit?: number;
}

const pipe = openSyncPipe(pipeFd);
send({ type: "ready" });
const contexts: string[] = [];
let scripts: ChildScript[] = [];
for (let frame = pipe.read(); frame !== undefined; frame = pipe.read()) {
  if (frame.type === "context") contexts.push(pipe.readText(frame.length, frame.wide));
  if (frame.type === "open") send({ type: "opened" });
  if (frame.type === "run") play(frame.code);
  if (frame.type === "result") scripts.push(JSON.parse(frame.value.text) as ChildScript);
  if (frame.type === "answer") for (const script of scripts) play(JSON.stringify(script));
  if (frame.type === "answer") scripts = [];
  if (frame.type === "inspect") send({ type: "inspected", hash: String(contexts.length), variables: contexts.map((text) => ({ name: "context", type: "string", size: String(text.length), preview: text.slice(0, 9) })) });
  await setImmediate();
}

function play(code: string): void {
  const { frames = [], bytes, hang = false, exit } = JSON.parse(code) as ChildScript;
  for (const frame of frames) send(frame as FromChild);
  if (bytes !== undefined) writeSync(pipeFd, Buffer.from(bytes, "latin1"));
  while (hang);
  if (exit !== undefined) process.exit(exit);
}

function send(frame: FromChild): void {
  writeSync(pipeFd, encodeFrame(frame));
}
