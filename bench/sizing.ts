import { readFileSync } from "node:fs";
import { isolate, runRlm, type SessionOptions } from "rlm-core";
import { decompose } from "rlm-tools";
import { scriptedModel } from "rlm-core/testing";
import { medianMeasured, ms, type Row } from "./measure.ts";
import { printed, residentMb, sandboxMb, sandboxProcesses, sessionOptions } from "./sandbox/session.ts";

const line = { ASCII: "2026-11-26 request 1 was served\n", Korean: "판문점 선언을 다시 읽는다\n" };

/** What a session takes in memory and processor time, by its context; `docs/sizing.md` has the figures of one run. */
export async function sizing(): Promise<Row[]> {
  if (process.platform !== "linux")
    return [skipped("memory and processor time are read from /proc, which only Linux has")];
  const rows: Row[] = [];
  await sessionsOf(1, {}); // what this program takes at its first session, and never again
  const empty = await sessionsOf(1, {});
  rows.push(row("1 session, no context", empty, empty, 0));
  for (const many of [4, 8]) rows.push(row(`${many} sessions, no context, each`, await sessionsOf(many, {}), empty, 0));
  for (const [name, text] of Object.entries(line)) {
    for (const mb of [1, 10, 100, 400]) {
      const chars = (mb * 1_000_000) / (name === "ASCII" ? 1 : 2);
      const context = text.repeat(Math.ceil(chars / text.length)).slice(0, chars);
      rows.push(row(`${mb} MB ${name} in V8's memory`, await sessionsOf(1, { context }), empty, mb, copyCpu(context)));
    }
  }
  const records = JSON.stringify(
    Array.from({ length: 500_000 }, (_, id) => ({ id, text: `request ${id} was served, and this is said of it` })),
  );
  const mb = records.length / 1_000_000;
  rows.push(
    row(
      `${mb.toFixed(0)} MB of JSON, 500,000 objects`,
      await sessionsOf(1, { context: records }, "array"),
      empty,
      mb,
      copyCpu(records),
    ),
  );
  return [...rows, ...(await withKits())];
}

interface Use {
  /** Megabytes of a session's processes when it is open and has run a block, and after a `find` over all of it. */
  idle: number;
  searched: number;
  /** Megabytes that this process has more. */
  host: number;
  /** Seconds of processor time from the start of the session's process until after the `find`: there, and here. */
  cpu: number;
  hostCpu: number;
}

async function sessionsOf(
  many: number,
  texts: Record<string, string>,
  kind: "string" | "array" = "string",
): Promise<Use> {
  const sandbox = isolate({ warm: 0 });
  const before = residentMb("self");
  const cpuBefore = process.cpuUsage();
  const given = sessionOptions(texts);
  const options: SessionOptions = { ...given, contexts: given.contexts.map((context) => ({ ...context, kind })) };
  const sessions = await Promise.all(Array.from({ length: many }, async () => await sandbox.open(options)));
  for (const session of sessions) printed(await session.run({ code: "1", clock: 0 }));
  const host = residentMb("self") - before;
  const idle = memory();
  const code = Object.keys(texts).length === 0 ? "2" : "find(/request 9999\\b|없는 말/).total";
  for (const session of sessions) printed(await session.run({ code, clock: 0 }));
  const searched = memory();
  const cpu = sandboxProcesses().reduce((sum, pid) => sum + cpuSeconds(pid), 0);
  const { user, system } = process.cpuUsage(cpuBefore);
  await Promise.all(sessions.map((session) => session.close()));
  await sandbox.close();
  return {
    idle: idle / many,
    searched: searched / many,
    host: host / many,
    cpu: cpu / many,
    hostCpu: (user + system) / 1e6 / many,
  };
}

function memory(): number {
  return sandboxProcesses().reduce((sum, pid) => sum + sandboxMb(pid), 0);
}

/** Of a process and those that it has waited for; one that has forked to be confined leaves the work to its child. */
function cpuSeconds(pid: string): number {
  const all = [pid, ...readText(`/proc/${pid}/task/${pid}/children`).split(" ").filter(Boolean)];
  const ticks = all.map((each) => {
    const fields = readText(`/proc/${each}/stat`)
      .replace(/^.*\) /, "")
      .split(" ");
    return Number(fields[11]) + Number(fields[12]);
  });
  return ticks.reduce((sum, each) => sum + each, 0) / ticksPerSecond;
}

// Linux says 100 on every platform that Node runs on.
const ticksPerSecond = 100;

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

// Of less, what the start takes differs by more from one session to the next.
const leastMb = 30;

/** Seconds of processor time that it takes to write the same text into memory once. */
function copyCpu(text: string): number {
  const before = process.cpuUsage();
  Buffer.from(text, "utf16le");
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

function row(what: string, use: Use, empty: Use, mb: number, copy?: number): Row {
  const more = (use.idle - empty.idle) / mb;
  const cpu = use.cpu + use.hostCpu;
  const moreCpu = cpu - empty.cpu - empty.hostCpu;
  return {
    what,
    ours: `${use.idle.toFixed(0)} MB`,
    beside: "no context",
    bare: `${empty.idle.toFixed(0)} MB`,
    result: [
      mb === 0 ? undefined : `${more.toFixed(1)} MB for each MB of the context`,
      `after a find ${use.searched.toFixed(0)} MB`,
      `here + ${Math.max(0, use.host).toFixed(0)} MB`,
      `processor ${cpu.toFixed(2)} s: ${use.cpu.toFixed(2)} s there, ${use.hostCpu.toFixed(2)} s here`,
      mb < leastMb ? undefined : `${((1_000 * moreCpu) / mb).toFixed(1)} ms for each MB of the context`,
      copy === undefined || mb < leastMb
        ? undefined
        : `${(moreCpu / Math.max(copy, 0.001)).toFixed(0)} copies of the text`,
    ]
      .filter((part) => part !== undefined)
      .join(", "),
  };
}

/** From the question to the answer of a run of one turn, with a kit that is not used and its libraries, and without. */
async function withKits(): Promise<Row[]> {
  const sandbox = isolate();
  const run = async (tools: (typeof decompose)[]): Promise<number> => {
    const begin = performance.now();
    const model = scriptedModel(["```repl\nprint(context.length); FINAL('done')\n```"]);
    await runRlm({ query: "q", context: "text" }, { model, sandbox, tools, limits: { directBelow: 0 } });
    return performance.now() - begin;
  };
  const without = await medianMeasured(15, () => run([]));
  const kit = await medianMeasured(15, () => run([decompose]));
  await sandbox.close();
  const characters = Object.values(decompose.libraries ?? {}).reduce((sum, { length }) => sum + length, 0);
  return [
    {
      what: `a run of one turn, the kit decompose unused (${(characters / 1e6).toFixed(1)} MB of libraries)`,
      ours: ms(kit),
      beside: "without it",
      bare: ms(without),
      result: `+ ${ms(kit - without)}`,
    },
  ];
}

function skipped(why: string): Row {
  return { what: "sizing", ours: "-", beside: "", bare: "", result: `not measured: ${why}` };
}
