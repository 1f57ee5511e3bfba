import { main, processIo } from "rlm-cli";
import type { Model } from "rlm-core";

/** `rlm` as a user who may read little: a test that runs as root could read everything. */
// Needs nothing of the repository: that may be where nobody else can read.
const model: Model = async () => ({ text: "The heron waits.", usage: { inputTokens: 1, outputTokens: 1 } });
if (process.getuid?.() === 0) {
  process.setgroups?.([65_534]);
  process.setgid?.(65_534);
  process.setuid?.(65_534);
}
process.exit(await main(process.argv.slice(2), { ...processIo(), openModel: async () => model }));
