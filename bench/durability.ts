import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { isolate, runRlm, type Model } from "rlm-core";
import { replayTrajectory } from "rlm-core/replay";
import { readTrajectory, trajectoryWriter } from "rlm-core/trajectory";
import { createRlm } from "rlm-langgraph";
import { sqlite } from "rlm-langgraph/sqlite";
import { medianRatios, ms, type Row } from "./measure.ts";

const callsPerTurn = 50;
const replyLength = 2_000;
const input = { query: "How many replies?", context: "x".repeat(1_000_000) };

/** What it costs that a run survives: its replay beside its first run, and the bytes of its checkpoints. */
export async function durability(): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), "rlm-bench-"));
  try {
    return [await replayShare(folder), ...(await checkpointBytes(folder))];
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function replayShare(folder: string): Promise<Row> {
  const turns = 10;
  const trace = join(folder, "run.jsonl");
  const sandbox = isolate();
  const first = async (): Promise<void> => {
    const { onEvent, close } = trajectoryWriter(trace, { overwrite: true });
    check(await runRlm(input, { ...options(turns), sandbox, onEvent }));
    await close();
  };
  const again = async (): Promise<void> => {
    const sessions = await replayTrajectory(await readTrajectory(trace), { context: input.context, sandbox });
    if (sessions.length !== 1) throw new Error(`Expected 1 session, got ${sessions.length}`);
  };
  const { bare, others } = await medianRatios(5, first, [again]);
  await sandbox.close();
  const { ours = NaN, ratio = NaN } = others[0] ?? {};
  return {
    what: `replay of ${turns} turns, ${turns * callsPerTurn} calls of 2 kB`,
    ours: ms(ours),
    beside: "its first run, the model answering at once",
    bare: ms(bare),
    result: `${ratio.toFixed(2)} times (goal: under 1)`,
  };
}

/** Of the last turns of a long run beside its first ones, and beside the replies that they stand for. */
async function checkpointBytes(folder: string): Promise<Row[]> {
  const turns = 20;
  const path = join(folder, "runs.sqlite");
  const { store, checkpointer, close } = await sqlite(path);
  const rlm = createRlm({ ...options(turns), store, checkpointer });
  check(await rlm.invoke(input, { configurable: { thread_id: "bench" } }));
  await close();
  const sizes = sizesOfCheckpoints(path);
  // Each turn has as many of them as any other.
  const quarter = Math.floor(sizes.length / 4);
  const perTurn = (some: readonly number[]): number => (sum(some) / turns) * (sizes.length / some.length);
  const [early, late, all] = [sizes.slice(0, quarter), sizes.slice(-quarter), sizes].map(perTurn) as [
    number,
    number,
    number,
  ];
  const replies = callsPerTurn * replyLength;
  return [
    {
      what: `checkpoints (SQLite) of one of the last ${turns / 4} of ${turns} turns`,
      ours: kilobytes(late),
      beside: `of one of the first ${turns / 4}`,
      bare: kilobytes(early),
      result: `${(late / early).toFixed(2)} times (goal: at most 1.1)`,
    },
    {
      what: `checkpoints (SQLite) of a turn of ${callsPerTurn} calls of 2 kB`,
      ours: kilobytes(all),
      beside: "its replies",
      bare: kilobytes(replies),
      result: `${(all / replies).toFixed(2)} times`,
    },
  ];
}

/** Bytes of each checkpoint and of what was written for it, oldest first. */
function sizesOfCheckpoints(path: string): number[] {
  const database = new DatabaseSync(path, { readOnly: true });
  const rows = database
    .prepare(
      `SELECT length(checkpoint) + length(metadata) + coalesce(
         (SELECT sum(length(value)) FROM writes WHERE writes.checkpoint_id = checkpoints.checkpoint_id), 0) AS bytes
       FROM checkpoints ORDER BY checkpoint_id`,
    )
    .all();
  database.close();
  return rows.map(({ bytes }) => Number(bytes));
}

// Models that answer at once: what is left of the time is ours.
function options(turns: number) {
  const blocks = Array.from({ length: turns }, (_, turn) => {
    const prompts = `Array.from({ length: ${callsPerTurn} }, (_, at) => "Turn ${turn}, item " + at)`;
    const last = turn < turns - 1 ? `print(replies${turn}.length)` : `FINAL(String(replies${turn}.length))`;
    return `const replies${turn} = await llm_query_batched(${prompts});\n${last}`;
  });
  const model: Model = async (messages) => {
    const turn = messages.filter(({ role }) => role === "assistant").length;
    return { text: `\`\`\`repl\n${blocks[turn]}\n\`\`\``, usage: { inputTokens: 1_000, outputTokens: 100 } };
  };
  const subModel: Model = async ([asked]) => ({
    text: `${asked?.content}: ${"a reply ".repeat(replyLength)}`.slice(0, replyLength),
    usage: { inputTokens: 10, outputTokens: 500 },
  });
  const calls = turns * (callsPerTurn + 1) + 5;
  return { model, subModel, limits: { calls, tokens: Infinity, directBelow: 0 } };
}

function check({ answer }: { answer: string }): void {
  if (answer !== String(callsPerTurn)) throw new Error(`Expected ${callsPerTurn} replies, got ${answer}`);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1_000).toFixed(1)} kB`;
}
