import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { countingServer } from "../test/chaos/counting-server.ts";
import { startProgram } from "../test/start-program.ts";
import { medianMeasured, more, ms, type Row } from "./measure.ts";

/** From SIGKILL in the middle of a job until another process asks the model, beside the start of a process with a new job. */
export async function fromSigkill(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [driver, words] of drivers) {
    const begun: number[] = [];
    const ours = await medianMeasured(5, async () => {
      const times = await killAndGoOn(driver);
      begun.push(times.begun);
      return times.resumed;
    });
    const bare = begun.toSorted((a, b) => a - b)[Math.floor(begun.length / 2)] ?? NaN;
    rows.push({
      what: `SIGKILL in turn 2 until the next request, ${words}`,
      ours: ms(ours),
      beside: "start of a new job until its first",
      bare: ms(bare),
      result: more(ours - bare),
    });
  }
  return rows;
}

const drivers = [
  ["sqlite", "SQLite"],
  ["loop", "the loop's trajectory"],
] as const;

/** Milliseconds of a process from its start to its first request, and from its end by SIGKILL to the first one of the next. */
async function killAndGoOn(driver: string): Promise<{ begun: number; resumed: number }> {
  const folder = await mkdtemp(join(tmpdir(), "rlm-bench-"));
  await using server = await countingServer();
  const recorded = join(folder, "recorded");
  await writeFile(recorded, "");
  const start = () =>
    startProgram("test/chaos/program.ts", [driver, join(folder, "place"), "bench", server.url, recorded]);
  try {
    const starts = performance.now();
    const first = start();
    await server.happened(1);
    const begun = performance.now() - starts;
    // Twelve requests and their replies: the pool of turn 2 is at work.
    await server.happened(24);
    process.kill(first.pid, "SIGKILL");
    const killed = performance.now();
    const next = start();
    await next.line("ready");
    await server.happened(server.happenings + 1);
    const resumed = performance.now() - killed;
    const code = await next.ended;
    if (code !== 0) throw new Error(`The job ended with ${code}:\n${next.lines.join("\n")}`);
    return { begun, resumed };
  } finally {
    await rm(folder, { recursive: true });
  }
}
