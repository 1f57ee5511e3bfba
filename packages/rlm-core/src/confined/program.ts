import { readSync, writeSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { encodeFrame } from "./encode-frame.ts";

// What runs in the process of runConfined(): it loads the module that it is given, and from then on it may open nothing.
const pipe = 3;
const maxMessage = 500;
const [, , module = ""] = process.argv;
const { work } = (await import(pathToFileURL(module).href)) as { work(input: Buffer): string | Promise<string> };
send({ type: "ready" });
const { length } = JSON.parse(read(read(4).readUInt32LE()).toString()) as { length: number };
const input = read(length);
try {
  send({ type: "output", text: await work(input) });
} catch (error) {
  send({ type: "failed", message: (error instanceof Error ? error.message : String(error)).slice(0, maxMessage) });
}

function read(bytes: number): Buffer {
  const buffer = Buffer.allocUnsafeSlow(bytes);
  for (let at = 0; at < bytes;) {
    const count = readSync(pipe, buffer, at, bytes - at, null);
    if (count === 0) process.exit(1);
    at += count;
  }
  return buffer;
}

function send(frame: object): void {
  const bytes = encodeFrame(frame);
  for (let sent = 0; sent < bytes.length;) sent += writeSync(pipe, bytes, sent);
}
