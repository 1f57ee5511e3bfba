import { createHash } from "node:crypto";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { PassThrough } from "node:stream";
import { setTimeout } from "node:timers/promises";
import { main, processIo } from "rlm-cli";
import { scriptedModel } from "rlm-core/testing";
import { ms, type Row } from "./measure.ts";

const megabytes = 200;
const goalMs = 100;
const resolution = 5;

/** For how long at most the event loop stands still while `rlm ask` reads and searches 200 MB, beside reading them in one go. */
export async function eventLoop(): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), "rlm-bench-"));
  try {
    const rows: Row[] = [];
    for (const [what, line, parts] of contexts) {
      const path = join(folder, what.replaceAll(" ", "-"));
      const files = await writeFiles(path, line, parts);
      const ours = await longestBlock(() => ask(path));
      const bare = await longestBlock(() => readWhole(files));
      rows.push({
        what: `event loop blocked by rlm ask, ${megabytes} MB, ${what}`,
        ours: ms(ours),
        beside: "read, hashed and decoded whole",
        bare: ms(bare),
        result: `goal: at most ${ms(goalMs)}`,
      });
    }
    return rows;
  } finally {
    await rm(folder, { recursive: true });
  }
}

const english = (at: number): string => `12:00:${at % 60} request ${at} was served without a problem\n`;
const korean = (at: number): string => `12:00:${at % 60} 요청 ${at}, 문제없이 처리되었습니다 🌏 – grüße\n`;

const contexts = [
  ["a file in English", english, 1],
  ["a file in Korean", korean, 1],
  ["a folder of 20 files", english, 20],
] as const;

/** The command line in this process: everything but the model is its own. */
async function ask(path: string): Promise<void> {
  const model = scriptedModel([
    "```repl\nconst found = find('the Kraken guard'); print(found)\n```",
    "```repl\nFINAL(String(found.total))\n```",
  ]);
  const stdout = new PassThrough().setEncoding("utf8");
  const code = await main(["ask", "How often is it named?", "--context", path, "--model", "scripted", "--no-trace"], {
    ...processIo(),
    stdout,
    stderr: new PassThrough().resume(),
    openModel: async () => model,
  });
  const answer = String(stdout.read()).trim();
  if (code !== 0 || answer !== "1") throw new Error(`Expected 1 hit and exit code 0, got ${answer} and ${code}`);
}

async function readWhole(files: readonly string[]): Promise<void> {
  const bytes = Buffer.concat(await Promise.all(files.map((path) => readFile(path))));
  createHash("sha256").update(bytes).digest("hex");
  const text = new TextDecoder().decode(bytes);
  if (!text.endsWith("guard\n")) throw new Error("Expected the whole text");
}

/** The longest time in ms that a timer of every 5 ms came late. */
async function longestBlock(work: () => Promise<void>): Promise<number> {
  await setTimeout(600); // the processes of the work before this go, and one boots ahead
  const delays = monitorEventLoopDelay({ resolution });
  delays.enable();
  await work();
  await setTimeout(2 * resolution); // the timer that is late fires
  delays.disable();
  return Math.max(0, delays.max / 1_000_000 - resolution);
}

/** A file, or a folder of several, of so many megabytes in all; the last line is the one that is looked for. */
async function writeFiles(path: string, line: (at: number) => string, parts: number): Promise<string[]> {
  if (parts === 1) return [await writeLines(path, line, megabytes, "the Kraken guard\n")];
  await mkdir(path);
  const files = Array.from({ length: parts }, (_, part) => join(path, `part-${String(part).padStart(3, "0")}.log`));
  for (const file of files)
    await writeLines(file, line, megabytes / parts, file === files.at(-1) ? "the Kraken guard\n" : "");
  return files;
}

async function writeLines(path: string, line: (at: number) => string, size: number, last: string): Promise<string> {
  const written = createWriteStream(path);
  for (let at = 0; written.bytesWritten + written.writableLength < size * 1_000_000;) {
    const part = Array.from({ length: 20_000 }, () => line(at++)).join("");
    if (!written.write(part)) await once(written, "drain");
  }
  written.end(last);
  await once(written, "finish");
  return path;
}
