import { readFileSync, readSync, writeSync } from "node:fs";

// Does what its input says, for tests of runConfined().
const send = (frame) => {
  const json = Buffer.from(JSON.stringify(frame));
  const head = Buffer.alloc(4);
  head.writeUInt32LE(json.length);
  writeSync(3, Buffer.concat([head, json]));
};
const read = (length) => {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length;) at += readSync(3, bytes, at, length - at, null);
  return bytes;
};
send({ type: "ready" });
const { length } = JSON.parse(read(read(4).readUInt32LE()).toString());
const input = read(length).toString();
const held = [];
if (input === "hang") while (true);
if (input === "take memory") while (true) held.push(Buffer.alloc(1_000_000, 1));
if (input === "read") {
  try {
    readFileSync("/etc/passwd");
  } catch (error) {
    send({ type: "output", text: error.code });
  }
}
send({ type: "output", text: input === "environment" ? Object.keys(process.env).sort().join() : input });
