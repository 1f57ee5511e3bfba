import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { groupOf, startProgram, type Started } from "../start-program.ts";
import { countingServer, type CountingServer } from "./counting-server.ts";
import { keysIn } from "./job.ts";

export interface Chaos {
  driver: "sqlite" | "postgres";
  /** Path of the database, or its url. */
  place: string;
  id: string;
  /** A folder of this job alone. */
  folder: string;
  /** A number in [0, 1), the next one at each call. */
  random(): number;
  /** Kills at most; then the job goes on to its end. */
  maxKills: number;
}

export interface Survived {
  answer: string;
  status: string;
  /** Model calls that the run was charged. */
  calls: number;
  /** Sessions that the replay of its trajectory has rebuilt. */
  sessions: number;
  kills: number;
  /** Requests that came. */
  asked: readonly string[];
  /** Keys that were asked again although their reply was recorded before. */
  paidTwice: string[];
  /** Keys that were asked more often than once and once for each kill that they were in flight at. */
  unexplained: string[];
  /** Processes of killed programs that did not end. */
  orphans: number[];
}

/** Runs the job, kills it again and again at random moments, and goes on with it in another process until it ends. */
export async function killAndResume(chaos: Chaos): Promise<Survived> {
  await using server = await countingServer();
  const recordedFile = join(chaos.folder, "recorded");
  writeFileSync(recordedFile, "");
  const paidTwice: string[] = [];
  const excused = new Map<string, number>();
  const orphans: number[] = [];
  for (let kills = 0; ; kills++) {
    const before = server.asked.length;
    const recorded = recordedKeys(recordedFile);
    const program = startProgram("test/chaos/program.ts", [
      chaos.driver,
      chaos.place,
      chaos.id,
      server.url,
      recordedFile,
    ]);
    const killed = kills < chaos.maxKills && (await killSometime(program, server, chaos));
    const code = await program.ended;
    orphans.push(...(await leftOf(program.pid)));
    paidTwice.push(...server.asked.slice(before).filter((key) => recorded.has(key)));
    if (!killed) {
      const last = program.lines.at(-1) ?? "";
      if (code !== 0) throw new Error(`The job ended with ${code} after ${kills} kills:\n${program.lines.join("\n")}`);
      const told = JSON.parse(last) as Pick<Survived, "answer" | "status" | "calls" | "sessions">;
      const counts = Map.groupBy(server.asked, (key) => key);
      const unexplained = [...counts].flatMap(([key, all]) => (all.length > 1 + (excused.get(key) ?? 0) ? [key] : []));
      return { ...told, kills, asked: server.asked, paidTwice, unexplained, orphans };
    }
    const now = recordedKeys(recordedFile);
    for (const key of new Set(server.asked.slice(before)))
      if (!now.has(key)) excused.set(key, (excused.get(key) ?? 0) + 1);
  }
}

/** Kills it after some more happenings at the model, or while it starts; false if it came to its end before. */
async function killSometime({ pid, line, ended }: Started, server: CountingServer, chaos: Chaos): Promise<boolean> {
  const whileStarting = chaos.random() < 0.15;
  const moment = whileStarting
    ? line("ready")
    : server.happened(server.happenings + 1 + Math.floor(chaos.random() * 12));
  const delay = chaos.random() * (whileStarting ? 300 : 15);
  const left = ended.then(() => "ended");
  // Whatever it does then: any moment is as good as any other.
  const first = await Promise.race([moment.then(async () => await setTimeout(delay, "now")), left]);
  moment.catch(() => {});
  if (first === "ended") return false;
  process.kill(pid, "SIGKILL");
  return true;
}

async function leftOf(pid: number): Promise<number[]> {
  const deadline = performance.now() + 5_000;
  let left = groupOf(pid);
  while (left.length > 0 && performance.now() < deadline) {
    await setTimeout(10);
    left = groupOf(pid);
  }
  return left;
}

/** What a resume may not ask again. */
function recordedKeys(recordedFile: string): Set<string> {
  const lines = readFileSync(recordedFile, "utf8").split("\n").slice(0, -1);
  return new Set(lines.flatMap((line) => keysIn(JSON.parse(line) as string)));
}
