import { readFileSync } from "node:fs";

// Does what its input says, for tests of runConfined().
export function work(bytes) {
  const input = bytes.toString();
  const held = [];
  if (input === "hang") while (true);
  if (input === "take memory") while (true) held.push(Buffer.alloc(1_000_000, 1));
  if (input === "never") return new Promise(() => {});
  if (input.startsWith("throw")) throw new Error(input);
  if (input === "read") {
    try {
      readFileSync("/etc/passwd");
    } catch (error) {
      return error.code;
    }
  }
  return input === "environment" ? Object.keys(process.env).sort().join() : input;
}
