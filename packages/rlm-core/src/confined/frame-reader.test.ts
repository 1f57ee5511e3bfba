import { expect, it } from "vitest";
import { BadFrame } from "./bad-frame.ts";
import { frameReader } from "./frame-reader.ts";
import { encodeFrame, type FromChild } from "../sandboxes/isolate/wire.ts";

const frames: FromChild[] = [
  { type: "ready" },
  { type: "call", call: { id: 1, kind: "llm", prompt: "한글 \ud800 é", options: {} } },
  { type: "waiting" },
];
const bytes = Buffer.concat(frames.map(encodeFrame));

it.each([1, 2, 3, 5, 7, 64, bytes.length])(
  "frameReader() puts frames together from chunks of %i bytes, half surrogates too",
  (size) => {
    const { read } = frameReader(1_000);
    const got: unknown[] = [];
    for (let at = 0; at < bytes.length; at += size) got.push(...read(bytes.subarray(at, at + size)));
    expect(got).toEqual(frames);
  },
);

it("frameReader() refuses a frame by its announced length, before any of it has come", () => {
  const header = Buffer.alloc(4);
  header.writeUInt32LE(1_001);
  expect(() => [...frameReader(1_000).read(header)]).toThrow(BadFrame);
});

it("frameReader() refuses a frame that is no JSON", () => {
  expect(() => [...frameReader(1_000).read(Buffer.from([2, 0, 0, 0, 0x7b, 0x7b]))]).toThrow(BadFrame);
});

it("frameReader() refuses a long frame of anything but texts, whatever stands in them", () => {
  const framed = (json: string): Buffer => {
    const header = Buffer.alloc(4);
    header.writeUInt32LE(Buffer.byteLength(json));
    return Buffer.concat([header, Buffer.from(json)]);
  };
  const parse = (json: string): unknown[] => [...frameReader(10_000_000).read(framed(json))];
  const brackets = "[],".repeat(400_000);
  for (const json of [`[${brackets}1]`, `["\\\\",${brackets}1]`, `[${'"",'.repeat(400_000)}1]`, "[".repeat(1_100_000)])
    expect(() => parse(json)).toThrow(/more parts/);
  const text = `${brackets}"\\${brackets}`;
  expect(parse(JSON.stringify({ text }))).toEqual([{ text }]);
});
