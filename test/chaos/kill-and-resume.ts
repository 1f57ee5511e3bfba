import { existsSync, readFileSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { groupOf, startProgram, type Started } from "../start-program.ts";
import { countingServer, type CountingServer } from "./counting-server.ts";
import { keysIn } from "./job.ts";

export interface Chaos {
  driver: "loop" | "sqlite" | "postgres";
  /** Path of the trajectory or of the database, or its url. */
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
  /** Kills after which the last line was cut. */
  cuts: number;
  /** Cut lines that told of a call to come: it may have been made, and nothing knows of it. */
  uncharged: number;
  /** Most calls that one kill left asked and not recorded. */
  inFlight: number;
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
  const paidTwice: string[] = [];
  const excused = new Map<string, number>();
  const orphans: number[] = [];
  const cut: string[] = [];
  let inFlight = 0;
  for (let kills = 0; ; kills++) {
    const before = server.asked.length;
    const recorded = recordedKeys(chaos, recordedFile);
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
      const uncharged = cut.filter((line) => line.includes('"type":"reserve"') && line.endsWith("\n")).length;
      const figures = { kills, cuts: cut.length, uncharged, inFlight };
      return { ...told, ...figures, asked: server.asked, paidTwice, unexplained, orphans };
    }
    const written = recordedKeys(chaos, recordedFile);
    if (chaos.driver === "loop" && chaos.random() < 0.5) cut.push(...cutLastLine(chaos));
    const now = recordedKeys(chaos, recordedFile);
    // What the cut took counts as in flight too: an earlier process has asked it, if this one wrote nothing.
    const lost = [...written].filter((key) => !now.has(key));
    const open = [...new Set([...server.asked.slice(before), ...lost])].filter((key) => !now.has(key));
    inFlight = Math.max(inFlight, open.length);
    for (const key of open) excused.set(key, (excused.get(key) ?? 0) + 1);
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

/** What a resume may not ask again. Of a trajectory: what stands in its whole lines. */
function recordedKeys({ driver, place }: Chaos, recordedFile: string): Set<string> {
  const path = driver === "loop" ? place : recordedFile;
  if (!existsSync(path)) return new Set();
  const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
  return new Set(lines.flatMap((line) => keysIn(driver === "loop" ? textIn(line) : (JSON.parse(line) as string))));
}

/** The reply, or the result of a sub-call, that a line of a trajectory keeps. */
function textIn(line: string): string {
  const { event, text = "" } = JSON.parse(line) as { event?: { type: string; text?: string }; text?: string };
  if (event?.type === "reply") return event.text ?? "";
  return event?.type === "result" ? text : "";
}

/** Leaves the last line as a crash of the machine may: a part of it, or all but its end. Gives the line. */
function cutLastLine({ place, random }: Chaos): string[] {
  if (!existsSync(place)) return [];
  const bytes = readFileSync(place);
  if (bytes.length === 0) return [];
  const begin = bytes.subarray(0, -1).lastIndexOf("\n") + 1;
  truncateSync(place, begin + Math.floor(random() * (bytes.length - begin)));
  return [bytes.toString("utf8", begin)];
}
