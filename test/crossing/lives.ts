import { expect } from "vitest";
import type { ChatMessage } from "rlm-core";
import { replayTrajectory } from "rlm-core/replay";
import type { RunChange } from "rlm-langgraph";
import type { Scenario } from "./scenario.ts";
import { openThread, type Ended, type Thread } from "./thread.ts";
import { codeOf, toySandbox } from "./toy.ts";
import { emptyWorld } from "./world.ts";

/** Lives through a scenario, and expects that nothing recorded is asked again, and that every run replays. */
export async function lives(scenario: Scenario): Promise<void> {
  const problems: string[] = [];
  const thread = openThread(scenario, emptyWorld(), (what) => problems.push(what));
  let before: string | undefined;
  /** What each run's REPL was given, by its id. */
  const brought = new Map<string, readonly string[]>();
  for (const [index, { context, abandon }] of scenario.questions.entries()) {
    const brings = index === 0 || context ? { context: `context ${index}` } : {};
    const ended = await thread.ask({ query: `q${index}`, ...brings }, { before, abandon });
    const known = brought.get(before ?? "") ?? [];
    before = ended.runId;
    brought.set(ended.runId, brings.context === undefined ? known : [...known, brings.context]);
    await checkEnd(thread, ended, brought);
    if (scenario.fork?.after === index) before = await forkAndGoOn(thread, scenario.fork, ended, brought);
  }
  checkMessages(thread);
  expect(problems).toEqual([]);
}

/** A run that has its answer replays, and gives it again. */
async function checkEnd(
  thread: Thread,
  ended: Ended,
  brought: ReadonlyMap<string, readonly string[]>,
  config?: object,
) {
  if (!("result" in ended)) return;
  await checkRun(thread, ended.runId, brought.get(ended.runId) ?? []);
  const asked = thread.asked.length;
  expect(await thread.ask(null, { before: undefined, ...(config && { config }) })).toEqual(ended);
  expect(thread.asked.length).toBe(asked);
}

/** Another branch goes to its end, and then the run that it comes from, which it has not disturbed. Returns the thread's newest run. */
async function forkAndGoOn(
  thread: Thread,
  { at, change }: NonNullable<Scenario["fork"]>,
  origin: Ended,
  brought: Map<string, readonly string[]>,
): Promise<string> {
  const places = await thread.rlm.checkpoints("t");
  const place = places[at % places.length];
  const newest = places.find(({ runId }) => runId === origin.runId);
  if (place === undefined || newest === undefined) return origin.runId;
  const then = await thread.rlm.trajectory(origin.runId);
  const config = await thread.fork(place.config, changes[change]);
  if (config === undefined) return origin.runId;
  thread.forget();
  const forked = await thread.ask(null, { config, before: origin.runId });
  brought.set(forked.runId, brought.get(place.runId) ?? []);
  await checkEnd(thread, forked, brought);
  expect(await thread.rlm.trajectory(origin.runId)).toEqual(then);
  thread.forget();
  const first = await thread.ask(null, { config: newest.config, before: forked.runId });
  expect(first.runId).toBe(origin.runId);
  if ("result" in origin) expect(first).toEqual(origin);
  const last = (await thread.rlm.checkpoints("t"))[0]?.runId ?? "";
  // One that was cut off behind its last checkpoint writes none any more: then the fork is the thread's newest still.
  const its = last === first.runId ? undefined : newest.config;
  if (!("result" in origin)) await checkEnd(thread, first, brought, its);
  return last;
}

const block = { calls: ["llm", "child"], prints: 20, ends: "shown", more: 0, name: "fork", gives: "" } as const;
const changes: Record<NonNullable<Scenario["fork"]>["change"], RunChange> = {
  none: {},
  query: { query: "q0 once more" },
  limits: { limits: { calls: 40, turns: 9 } },
  code: { code: codeOf(block) },
  reply: { reply: `Like this:\n\`\`\`repl\n${codeOf(block)}\n\`\`\`` },
};

async function checkRun({ rlm }: Thread, runId: string, brought: readonly string[]): Promise<void> {
  const trajectory = await rlm.trajectory(runId);
  expect(trajectory.complete).toBe(true);
  const [context = "", ...earlier] = brought.toReversed();
  await replayTrajectory(trajectory, { context, earlier: earlier.toReversed(), sandbox: toySandbox() });
}

/** What a model reads begins with what it read before, or with notes in the place of that. */
function checkMessages({ asked }: Thread): void {
  for (const { purpose, messages } of asked) {
    const last = messages.findLast(({ role }) => role === "assistant");
    const number = /^#(\d+)\n/.exec(last?.content ?? "")?.[1];
    if (purpose === "sub" || number === undefined) continue;
    const then = asked[Number(number)]?.messages ?? [];
    const isShort = messages[2]?.content.startsWith("#") === false;
    const same = isShort ? 2 : then.length;
    expect(messages.slice(0, same).map(withoutQuery)).toEqual(then.slice(0, same).map(withoutQuery));
  }
}

// A fork may ask another.
function withoutQuery({ content }: ChatMessage): string {
  return content.replaceAll(/q\d( once more)?/g, "q");
}
