import { closeSync, createReadStream, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { file, isolate, memoryStore, pagedContext, storeContexts } from "rlm-core";
import type { Row } from "../measure.ts";
import { printed, residentMb, sandboxMb, sandboxProcesses, sessionOptions } from "./session.ts";

const wantedGb = 10;
const goalMbPerS = 300;
const goalMb = 400;

/** A text of 10 GB in a file: read through for its hash and index, searched to the end, counted by a regular expression. */
export async function longText(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), "rlm-bench-"));
  try {
    const { bavail, bsize } = statfsSync(folder);
    const gb = Math.min(wantedGb, Math.floor((bavail * bsize) / 2e9));
    if (gb < 1) return [skipped("no room on the disk for 1 GB")];
    return await measure(write(join(folder, "long.txt"), gb), gb);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function measure(path: string, gb: number): Promise<Row[]> {
  const bare = await timed(() => readThrough(path));
  let contexts: Awaited<ReturnType<typeof storeContexts>> = [];
  const before = residentMb("self", true);
  const index = await timed(async () => {
    contexts = await storeContexts(file(path), memoryStore());
  });
  const hostMb = residentMb("self", true) - before;
  const sandbox = isolate();
  const session = await sandbox.open(sessionOptions({}, { contexts, paged: pagedContext }));
  const block = async (code: string, wanted: string): Promise<number> => {
    let got = "";
    const took = await timed(async () => {
      got = printed(await session.run({ code, clock: 0 }));
    });
    if (got !== wanted) throw new Error(`Expected ${wanted}, got ${got}`);
    return took;
  };
  const length = contexts[0]?.length ?? 0;
  const search = await block("context.indexOf('the needle')", String(length - 11));
  const count = await block("context.count(/status (500|503) .*needles?/g)", "0");
  const slices = await block(
    "let n = 0; for (let i = 0; i < 1_000; i++) n += context.slice(i * 700_001, i * 700_001 + 10_000).length; n",
    "10000000",
  );
  const [pid = ""] = sandboxProcesses();
  const childMb = sandboxMb(pid, true);
  await session.close();
  await sandbox.close();
  const row = (what: string, s: number, result: string): Row => {
    return {
      what: `${gb} GB LongText: ${what}`,
      ours: `${s.toFixed(1)} s`,
      beside: "reading the file here",
      bare: `${bare.toFixed(1)} s`,
      result,
    };
  };
  const speed = (s: number): string => `${((gb * 1_000) / s).toFixed(0)} MB/s`;
  return [
    row("hash and index", index, speed(index)),
    row("search to the end", search, speed(search)),
    row("regular-expression count", count, `${speed(count)} (goal: ${goalMbPerS} MB/s)`),
    row("1,000 slices of 10,000 characters", slices, `${slices.toFixed(2)} ms each`),
    {
      what: `${gb} GB LongText: memory`,
      ours: `${childMb.toFixed(0)} MB`,
      beside: "more in this process for the index",
      bare: `${hostMb.toFixed(0)} MB`,
      result: `at most, ${(childMb + hostMb).toFixed(0)} MB in all (goal: ${goalMb} MB)`,
    },
  ];
}

function write(path: string, gb: number): string {
  let block = "";
  for (let i = 0; block.length < 8_000_000; i++)
    block += `2026-11-26T01:00:00.${String(i % 1_000).padStart(3, "0")}Z worker ${i % 97} request ${i} took ${(i * 7_919) % 500} ms status ${i % 50 === 0 ? 500 : 200}\n`;
  const bytes = Buffer.from(block);
  const fd = openSync(path, "w");
  for (let written = 0; written < gb * 1e9; written += bytes.length) writeSync(fd, bytes);
  writeSync(fd, "the needle\n");
  closeSync(fd);
  return path;
}

async function readThrough(path: string): Promise<void> {
  for await (const chunk of createReadStream(path, { highWaterMark: 2_097_152 })) void chunk;
}

async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1_000;
}

function skipped(why: string): Row {
  return { what: `${wantedGb} GB LongText`, ours: "-", beside: "", bare: "", result: `not measured: ${why}` };
}
