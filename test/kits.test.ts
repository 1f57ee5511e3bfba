import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MemorySaver } from "@langchain/langgraph";
import { isolate, memoryStore, resumeRlm, runRlm, type Kit, type KitScope, type Model } from "rlm-core";
import { replayTrajectory } from "rlm-core/replay";
import { scriptedModel } from "rlm-core/testing";
import { readTrajectory, trajectoryWriter } from "rlm-core/trajectory";
import { createRlm } from "rlm-langgraph";
import { afterAll, describe, expect, it } from "vitest";
import { repl } from "./scenario.ts";

const sandbox = isolate();
const folder = mkdtempSync(join(tmpdir(), "rlm-kits-"));
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await sandbox.close();
});

const library = "({ of: (text) => text.toUpperCase() })";

/** A kit with a library and a host tool, and what that was asked. */
function loud(more: { text?: string; maxCalls?: number; approve?: true } = {}): { kit: Kit; asked: unknown[] } {
  const { text = library, ...bounds } = more;
  const asked: unknown[] = [];
  const kit: Kit = {
    name: "loud",
    libraries: { upper: text },
    tools: [
      {
        name: "measure",
        description: "Characters of a text.",
        parameters: { type: "object", properties: { text: { type: "string" } }, required: ["text"] },
        run: async (args) => {
          asked.push(args["text"]);
          return String(args["text"]).length;
        },
        ...bounds,
      },
    ],
    functions: {
      say: {
        signature: "(text: string) => Promise<[string, number]>",
        description: "A text aloud, and its length.",
        async run(this: KitScope, given: string) {
          const said = (this.library("upper") as { of(text: string): string }).of(given);
          return [said, await this.tool("measure")({ text: said })];
        },
      },
    },
  };
  return { kit, asked };
}

const say = repl("const said = await loud.say(context.slice(0, 5)); print(said);");
const answer = repl("FINAL(said)");
const input = { query: "q", context: "quiet text" };
const limits = { directBelow: 0 };

describe("a kit with a library and a host tool", () => {
  it("is in the prompt by its functions alone, and in the REPL of a child too", async () => {
    const { kit, asked } = loud();
    const model = scriptedModel([
      repl("const all = await rlm_query('say it', 'another'); print(all);"),
      say,
      answer,
      repl("FINAL(all + ' ' + typeof tools)"),
    ]);
    const result = await runRlm(input, { model, sandbox, tools: [kit], limits: { ...limits, depth: 2 } });
    expect(result.answer).toBe("ANOTH,5 undefined");
    expect(asked).toEqual(["ANOTH"]);
    const [prompt] = model.calls[0]?.messages ?? [];
    expect(prompt?.content).toContain("`await loud.say(text: string)");
    expect(prompt?.content).not.toContain("measure");
  });

  it("has its tool's calls capped and put before a person, by its own name", async () => {
    const capped = loud({ maxCalls: 1 });
    const twice = repl("await loud.say('a'); try { await loud.say('b') } catch (error) { print(error.message) }");
    const model = scriptedModel([twice, repl("FINAL('done')")]);
    await runRlm(input, { model, sandbox, tools: [capped.kit], limits });
    expect(model.calls[1]?.messages.at(-1)?.content).toContain("Cannot call loud.measure: its 1 calls are used up");

    const approved = loud({ approve: true });
    const seen: unknown[] = [];
    await runRlm(input, {
      model: scriptedModel([say, answer]),
      sandbox,
      tools: [approved.kit],
      limits,
      approve: async (request) => (seen.push(request), { type: "approve" }),
    });
    expect(seen).toMatchObject([{ kind: "tool", tool: "loud.measure", args: { text: "QUIET" } }]);
  });

  it("is replayed and resumed with the same library, and with another one it is said which", async () => {
    const path = join(folder, "run.jsonl");
    const { kit, asked } = loud();
    const model: Model = scriptedModel([say], { onMissing: () => Promise.reject(new Error("cut off")) });
    const writer = trajectoryWriter(path);
    const cut = runRlm(input, { model, sandbox, tools: [kit], limits, onEvent: writer.onEvent });
    await expect(cut).rejects.toThrow("cut off");
    await writer.close();
    expect(asked).toEqual(["QUIET"]);

    const trajectory = await readTrajectory(path);
    const replay = { context: input.context, sandbox };
    const [replayed] = await replayTrajectory(trajectory, { ...replay, kits: [kit] });
    expect(replayed?.variables.map(({ name }) => name)).toEqual(["said"]);
    const other = loud({ text: "({ of: (text) => text })" });
    for (const kits of [[], [other.kit]])
      await expect(replayTrajectory(trajectory, { ...replay, kits })).rejects.toThrow(
        /kit "loud" had another library "upper" \(SHA-256 [0-9a-f]{12}…\)/,
      );

    const resume = { trajectory: path, context: input.context };
    await expect(resumeRlm(resume, { model: scriptedModel([answer]), sandbox, tools: [other.kit] })).rejects.toThrow(
      /the kits of the run were loud \(say; .* library upper [0-9a-f]{12}\); got loud/,
    );
    const result = await resumeRlm(resume, { model: scriptedModel([answer]), sandbox, tools: [kit] });
    expect(result.answer).toBe('["QUIET",5]');
    expect(asked).toEqual(["QUIET"]);
  });

  it("goes on in a graph in another REPL, without asking its tool again, and not with a library that gives something else", async () => {
    const [store, checkpointer] = [Object.assign(memoryStore(), { durable: true }), new MemorySaver()];
    const thread = { configurable: { thread_id: "one" } };
    const rlmWith = (replies: string[], kit: Kit) =>
      createRlm({ model: scriptedModel(replies), sandbox, tools: [kit], limits, store, checkpointer, liveSessions: 0 });
    const { kit, asked } = loud();
    expect((await rlmWith([say, answer], kit).invoke(input, thread)).answer).toBe('["QUIET",5]');
    const further = { query: "Again?", context: "more" };
    const again = repl("print(1); FINAL(said[0] + said[1])");
    expect((await rlmWith([again], kit).invoke(further, thread)).answer).toBe("QUIET5");
    expect(asked).toEqual(["QUIET"]);
    const other = loud({ text: "({ of: (text) => text })" });
    await expect(rlmWith([again], other.kit).invoke(further, thread)).rejects.toThrow(/Give the options that it had/);
  });
});
