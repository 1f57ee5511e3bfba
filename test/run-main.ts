import { EventEmitter } from "node:events";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { main, type Io } from "rlm-cli";

/** The command line in this process; unless a test makes one, no model can be had. */
export async function runMain(
  argv: readonly string[],
  world: Partial<Io> = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const texts = [stdout, stderr].map((stream) => text(stream));
  const code = await main(argv, {
    stdin: new PassThrough(),
    stdout,
    stderr,
    env: {},
    cwd: process.cwd(),
    signals: new EventEmitter(),
    exit: () => {},
    ...world,
  });
  for (const stream of [stdout, stderr]) stream.end();
  const [out = "", err = ""] = await Promise.all(texts);
  return { code, stdout: out, stderr: err };
}
