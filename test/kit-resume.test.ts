import { MemorySaver } from "@langchain/langgraph";
import {
  isolate,
  memoryStore,
  storeContexts,
  type JournalEvent,
  type Kit,
  type KitScope,
  type Model,
  type RunStore,
} from "rlm-core";
import { replayTrajectory } from "rlm-core/replay";
import { createRlm, createRlmGraph } from "rlm-langgraph";
import { afterAll, describe, expect, it } from "vitest";
import { repl, turnOf } from "./scenario.ts";

const sandbox = isolate({ warm: 0 });
afterAll(() => sandbox.close());

const thread = { configurable: { thread_id: "t" } };
const input = { query: "q", context: "quiet text" };
const limits = { depth: 2, directBelow: 0 };

/** A kit with a library that counts in the REPL, and a host tool; `asked` is what that was asked. */
function loud({ begun = (_text: string) => {}, times = "++times" } = {}): { kit: Kit; asked: string[] } {
  const asked: string[] = [];
  const kit: Kit = {
    name: "loud",
    libraries: { upper: `(() => { let times = 0; return { of: (text) => ${times} + ":" + text.toUpperCase() }; })()` },
    tools: [
      {
        name: "measure",
        description: "Characters of a text.",
        maxCalls: 6,
        parameters: { type: "object", properties: { text: { type: "string" } }, required: ["text"] },
        run: async ({ text }, { signal }) => {
          asked.push(String(text));
          begun(String(text));
          signal.throwIfAborted();
          return String(text).length;
        },
      },
    ],
    functions: {
      say: {
        signature: "(text: string) => Promise<string>",
        description: "A text aloud, and its length.",
        async run(this: KitScope, text: string) {
          const said = (this.library("upper") as { of(text: string): string }).of(text);
          return `${said} ${String(await this.tool("measure")({ text: said }))}`;
        },
      },
    },
  };
  return { kit, asked };
}

const blocks: Record<string, string> = {
  "0.1": "const { say } = loud; const all = [await say('a'), await say('bb')]; print(all);",
  "0.2": "all.push(await rlm_query('say it', 'child'), await say('ccc')); print(all);",
  "0.3": "all.push(await loud.say('d'), await loud.say('e').catch(({ message }) => message)); FINAL(all.join())",
  "1.1": "const said = await loud.say(context); print(said);",
  "1.2": "FINAL(said + await loud.say('!'))",
};
const answer = "1:A 3,2:BB 4,1:CHILD 72:! 3,3:CCC 5,4:D 3,Cannot call loud.measure: its 6 calls are used up";
const all = ["1:A", "2:BB", "1:CHILD", "2:!", "3:CCC", "4:D"];

/** Its code by session and turn, each of which it is asked for once. */
function ruled(code = blocks): { model: Model; given: string[] } {
  const given: string[] = [];
  const model: Model = async (messages, { depth }) => {
    const name = `${depth}.${turnOf(messages)}`;
    given.push(name);
    return { text: repl(code[name] ?? ""), usage: { inputTokens: 1, outputTokens: 1 } };
  };
  return { model, given };
}

/** A durable store that does nothing any more behind so many further results, as if its process had been killed there. */
function mortal(): { store: RunStore; dieBehind: (results: number) => void } {
  const kept = memoryStore();
  let left = Infinity;
  const alive = (): void => {
    if (left <= 0) throw new Error("killed");
  };
  const store: RunStore = {
    ...kept,
    durable: true,
    async put(text) {
      alive();
      return await kept.put(text);
    },
    async append(key, entry) {
      alive();
      await kept.append(key, entry);
      // A trajectory's log is told again what was there before.
      if (key.includes("/log/") && (entry as { event?: JournalEvent }).event?.type === "result") left--;
    },
  };
  return { store, dieBehind: (results) => void (left = results) };
}

describe("a kit with a library and a host tool in a graph run that is cut off", () => {
  it("rlm.invoke(null) has its functions and results again wherever it was cut, asks its tool nothing twice, and no more than maxCalls", async () => {
    const { kit, asked } = loud();
    const { model, given } = ruled();
    const { store, dieBehind } = mortal();
    const checkpointer = new MemorySaver();
    // Another one each time, as in another process.
    const rlm = () => createRlm({ model, sandbox, tools: [kit], limits, store, checkpointer });
    const cuts = [1, 3, 4, 6];
    for (const [done, results] of cuts.entries()) {
      dieBehind(done === 0 ? 1 : 2);
      await expect(rlm().invoke(done === 0 ? input : null, thread)).rejects.toThrow("killed");
      expect(asked).toEqual(all.slice(0, results));
    }
    dieBehind(Infinity);
    const result = await rlm().invoke(null, thread);
    expect(result.answer).toBe(answer);
    expect(asked).toEqual(all);
    expect(given).toEqual(["0.1", "0.2", "1.1", "1.2", "0.3"]);
    const trajectory = await rlm().trajectory(result.runId);
    const replayed = await replayTrajectory(trajectory, { context: input.context, kits: [kit], sandbox });
    expect(replayed.map(({ depth }) => depth)).toEqual([0, 1]);
    expect(asked).toEqual(all);
  });

  it("createRlmGraph() asks again what was in flight when it was aborted, and that alone; with another library it does not go on", async () => {
    const stop = new AbortController();
    const { kit, asked } = loud({ begun: (text) => text === "2:BB" && stop.abort(new Error("enough")) });
    const { model } = ruled();
    const { store } = mortal();
    const checkpointer = new MemorySaver();
    const graph = (tools: Kit[]) => createRlmGraph({ model, sandbox, tools, limits, store, checkpointer });
    const given = { query: input.query, context: await storeContexts(input.context, store) };
    await expect(graph([kit]).invoke(given, { ...thread, signal: stop.signal })).rejects.toThrow("enough");
    expect(asked).toEqual(["1:A", "2:BB"]);
    const other = loud({ times: "--times" });
    for (const kits of [[], [other.kit]])
      await expect(graph(kits).invoke(null, thread)).rejects.toThrow(
        /If its tools, kits or limits were others, give those/,
      );
    expect((await graph([kit]).invoke(null, thread)).answer).toBe(answer);
    expect([...asked, ...other.asked]).toEqual(["1:A", "2:BB", ...all.slice(1)]);
  });
});
