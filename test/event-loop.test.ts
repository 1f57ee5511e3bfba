import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { expect, it } from "vitest";
import { file, isolate, runRlm } from "rlm-core";
import { scriptedModel } from "rlm-core/testing";

const megabytes = 200;

it("runRlm() over a file of 200 MB holds no whole of it and blocks the event loop for less than 100 ms", async () => {
  const folder = mkdtempSync(join(tmpdir(), "rlm-long-"));
  const path = join(folder, "long.log");
  writeLong(path);
  const sandbox = isolate({ warm: 0 });
  const stopWatch = watchThread();
  try {
    const model = scriptedModel([
      "```repl\nconst found = find('the Kraken guard'); print(found)\n```",
      "```repl\nFINAL(found.total + ' ' + (context.length - found.hits[0].at))\n```",
    ]);
    const { answer } = await runRlm(
      { query: "Where is it named?", context: file(path) },
      { model, sandbox, limits: { directBelow: 0 } },
    );
    await setTimeout(2 * everyMs);
    const { blockedMs, grownMb } = stopWatch();
    expect(answer).toBe("1 17");
    expect(blockedMs).toBeLessThan(100);
    expect(grownMb).toBeLessThan(megabytes);
  } finally {
    stopWatch();
    await sandbox.close();
    rmSync(folder, { recursive: true });
  }
});

function writeLong(path: string): void {
  const lines = Array.from(
    { length: 5_000 },
    (_, at) => `12:00:${at % 60} request ${at} was served\n12:00:${at % 60} 요청 ${at}, 문제없음 🌏 – grüße\n`,
  );
  const bytes = Buffer.from(lines.join(""));
  const log = openSync(path, "w");
  for (let size = 0; size < megabytes * 1_000_000; size += bytes.length) writeSync(log, bytes);
  writeSync(log, "the Kraken guard\n");
  closeSync(log);
}

const everyMs = 5;

/**
 * The longest that this thread computed between two turns of a timer, and what the memory grew by at most. Computed, not
 * passed: on a machine that is busy with other things a timer comes late by no fault of this program.
 */
function watchThread(): () => { blockedMs: number; grownMb: number } {
  const before = process.memoryUsage.rss();
  let cpu = threadMs();
  let blockedMs = 0;
  let most = before;
  const timer = setInterval(() => {
    const now = threadMs();
    blockedMs = Math.max(blockedMs, now - cpu);
    most = Math.max(most, process.memoryUsage.rss());
    cpu = now;
  }, everyMs);
  return () => {
    clearInterval(timer);
    return { blockedMs, grownMb: (most - before) / 1_000_000 };
  };
}

function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
