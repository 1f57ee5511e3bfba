import { afterAll, describe, expect, it } from "vitest";
import { memoryCache } from "../caches/memory.ts";
import type { RlmEvent } from "../events.ts";
import { runLoop } from "../loop.ts";
import { replayTrajectory } from "../replay-trajectory.ts";
import { isolate } from "../sandboxes/isolate/isolate.ts";
import { memoryStore } from "../stores/memory.ts";
import { scriptedModel } from "../testing/scripted-model.ts";
import { readTrajectoryLog, trajectoryLog } from "../trajectory-log.ts";

const sandbox = isolate({ warm: 0 });
afterAll(() => sandbox.close());

const usage = { inputTokens: 1, outputTokens: 1 };

describe("throughCache() with code in the sandbox", () => {
  it("throughCache() does not keep a portion of llm_map with a value that does not fit, and the second round gets a new one", async () => {
    const code =
      "const said = await llm_map(['a', 'b'], 'Vowel?', { schema: { enum: ['yes', 'no'] } }); FINAL(said.join())";
    const root = () => scriptedModel(["```repl\nprint(1)\n```", `\`\`\`repl\n${code}\n\`\`\``], { modelName: "root" });
    const subs = scriptedModel([
      { text: '{"values": {"1": "maybe", "2": 7}}', usage },
      { text: '{"values": {"1": "yes", "2": "no"}}', usage },
    ]);
    const cache = memoryCache();
    for (let round = 0; round < 2; round++) {
      const options = { model: root(), subModel: subs, cache, limits: { directBelow: 0 } };
      expect((await runLoop({ query: "q", context: "c" }, options, sandbox)).answer).toBe("yes,no");
    }
    expect(subs.calls).toHaveLength(2);
    expect(subs.calls[0]?.messages).toEqual(subs.calls[1]?.messages);
  });

  it("throughCache() marks a hit in the trajectory, which replays without the cache", async () => {
    const cache = memoryCache();
    const store = memoryStore();
    const log: Promise<void>[] = [];
    const record = (id: string) => trajectoryLog(store, id);
    for (let round = 0; round < 2; round++) {
      const code = "const said = await llm_query('2 + 2?'); FINAL(said)";
      const replies = ["```repl\nprint(1)\n```", `\`\`\`repl\n${code}\n\`\`\``];
      const model = scriptedModel(replies, { modelName: "root" });
      let write: ReturnType<typeof record> | undefined;
      const onEvent = (event: RlmEvent): void => void log.push((write ??= record(event.runId))(event));
      const options = {
        model,
        subModel: scriptedModel([], { modelName: "sub", onMissing: (messages) => `re ${messages[0]?.content}` }),
        cache,
        store,
        limits: { directBelow: 0 },
        onEvent,
      };
      const { runId } = await runLoop({ query: "q", context: "c" }, options, sandbox);
      await Promise.all(log);
      const trajectory = await readTrajectoryLog(store, runId);
      const [query] = trajectory.runs.get(runId)?.queries ?? [];
      expect(query).toMatchObject({ ok: true, usage: { inputTokens: 2, outputTokens: 3 }, model: "sub" });
      expect(query?.cached).toBe(round === 0 ? undefined : true);
      const [replayed] = await replayTrajectory(trajectory, { context: "c", sandbox });
      expect(replayed?.variables.find(({ name }) => name === "said")?.preview).toBe("re 2 + 2?");
    }
  });
});
