import { createHash } from "node:crypto";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout } from "node:timers/promises";
import { file, runRlm } from "rlm-core";
import { scriptedModel } from "rlm-core/testing";
import { ms, type Row } from "./measure.ts";

const megabytes = 200;
const goalMs = 100;
const resolution = 5;

/** For how long at most the event loop of this program stands still while it asks over a file, beside reading that file in one go. */
export async function eventLoop(): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), "rlm-bench-"));
  try {
    const rows: Row[] = [];
    for (const [script, line] of Object.entries(lines)) {
      const path = join(folder, `${script}.log`);
      await writeLines(path, line);
      const ours = await longestBlock(() => ask(path));
      const bare = await longestBlock(() => readWhole(path));
      rows.push({
        what: `event loop blocked, ${megabytes} MB file, ${script}`,
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

const lines = {
  English: (at: number) => `12:00:${at % 60} request ${at} was served without a problem\n`,
  Korean: (at: number) => `12:00:${at % 60} 요청 ${at}, 문제없이 처리되었습니다 🌏 – grüße\n`,
};

async function ask(path: string): Promise<void> {
  const model = scriptedModel([
    "```repl\nconst found = find('the Kraken guard'); print(found)\n```",
    "```repl\nFINAL(String(found.total))\n```",
  ]);
  const { answer } = await runRlm(
    { query: "How often is it named?", context: file(path) },
    { model, limits: { directBelow: 0 } },
  );
  if (answer !== "1") throw new Error(`Expected 1 hit, got ${answer}`);
}

async function readWhole(path: string): Promise<void> {
  const bytes = await readFile(path);
  createHash("sha256").update(bytes).digest("hex");
  const text = new TextDecoder().decode(bytes);
  if (!text.endsWith("guard\n")) throw new Error("Expected the whole file");
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

async function writeLines(path: string, line: (at: number) => string): Promise<void> {
  const written = createWriteStream(path);
  for (let at = 0; written.bytesWritten + written.writableLength < megabytes * 1_000_000;) {
    const part = Array.from({ length: 20_000 }, () => line(at++)).join("");
    if (!written.write(part)) await once(written, "drain");
  }
  written.end("the Kraken guard\n");
  await once(written, "finish");
}
