import { describe, expect, it } from "vitest";
import { ReplayError, SandboxError } from "../errors.ts";
import type { JournalEvent } from "../journal.ts";
import { defaultLimits } from "../limits.ts";
import type { SessionOptions, SubCall, SubResult } from "../sandbox.ts";
import { streamContext } from "../store-context.ts";
import { memoryStore } from "../stores/memory.ts";
import { textRef } from "../text-ref.ts";
import { scriptedSandbox } from "./scripted-sandbox.ts";

const store = memoryStore();
const options: SessionOptions = {
  contexts: [],
  read: (ref) => store.get(ref),
  stream: (ref) => streamContext(ref, store),
  seed: 1,
  queries: true,
  tools: [],
  kits: [],
  limits: defaultLimits,
};
const script = [
  { calls: ["a", { kind: "tool" as const, name: "t", prompt: "{}" }] },
  { output: "printed" },
  { answer: { n: 1 } },
];

async function result({ id, hash }: SubCall, text: string): Promise<SubResult> {
  return { id, hash, ok: true, value: { text, json: false }, ref: await store.put(text) };
}

describe("scriptedSandbox()", () => {
  it("scriptedSandbox() plays a step a block, and one when all calls are answered", async () => {
    const sandbox = scriptedSandbox([script]);
    const session = await sandbox.open(options);
    const first = await session.run({ code: "one", clock: 1 });
    expect(first).toMatchObject({
      kind: "waiting",
      calls: [
        { id: 1, kind: "llm", prompt: "a" },
        { id: 2, kind: "tool", name: "t" },
      ],
    });
    const [one, two] = session.last.outstanding;
    const results = [await result(two as SubCall, "2"), await result(one as SubCall, "1")];
    expect(await session.resume(results.slice(0, 1))).toEqual({ kind: "waiting", calls: [] });
    expect(await session.resume(results.slice(1))).toMatchObject({
      kind: "done",
      output: { text: "printed", chars: 7 },
    });
    expect(await session.run({ code: "two", clock: 2 })).toMatchObject({
      kind: "done",
      answer: { text: '{"n":1}', json: true },
    });
    expect(sandbox.sessions[0]?.given).toEqual([
      { type: "run", code: "one", clock: 1 },
      { type: "resume", results },
      { type: "run", code: "two", clock: 2 },
    ]);
    await expect(session.run({ code: "three", clock: 3 })).rejects.toThrow("the script has 3 steps, all used");
  });

  it("scriptedSandbox() plays the same script again for a replay, to the same digest", async () => {
    const sandbox = scriptedSandbox([script, [{ output: "of another session" }]]);
    const live = await sandbox.open(options);
    const progress = await live.run({ code: "one", clock: 1 });
    const [call] = progress.kind === "waiting" ? progress.calls : [];
    await live.resume([await result(call as SubCall, "1")]);
    const history: JournalEvent[] = [
      { type: "block", code: "one", clock: 1 },
      { type: "result", id: 1, hash: call?.hash ?? "", ok: true, ref: textRef("1"), json: false, delivery: 1 },
    ];
    const rebuilt = await sandbox.open({ ...options, history });
    expect(rebuilt.digest).toBe(live.digest);
    expect(rebuilt.last.outstanding).toEqual(live.last.outstanding);
    await expect(
      sandbox.open({ ...options, history: history.map((event) => ({ ...event, hash: "other" })) }),
    ).rejects.toBeInstanceOf(ReplayError);
    expect(await (await sandbox.open({ ...options, seed: 2 })).run({ code: "x", clock: 1 })).toMatchObject({
      output: { text: "of another session" },
    });
    await expect(sandbox.open({ ...options, seed: 3 })).rejects.toThrow("there are 2 scripts, all used");
  });

  it("scriptedSandbox() throws what the script says, heeds signals, and is closed after close()", async () => {
    const session = await scriptedSandbox([[new SandboxError("lost"), ({ type }) => ({ output: type })]]).open(options);
    await expect(session.run({ code: "x", clock: 1 })).rejects.toThrow("lost");
    await expect(session.run({ code: "x", clock: 1 }, AbortSignal.abort(new Error("stopped")))).rejects.toThrow(
      "stopped",
    );
    expect(await session.run({ code: "x", clock: 1 })).toMatchObject({ output: { text: "run" } });
    await session.close();
    await expect(session.run({ code: "x", clock: 1 })).rejects.toThrow("the session is closed");
  });

  it("scriptedSandbox() takes a block that was rolled back out of the digest", async () => {
    const session = await scriptedSandbox([[{ rolledBack: true }]]).open(options);
    const before = session.digest;
    await session.run({ code: "x", clock: 1 });
    expect(session.digest).toBe(before);
  });
});
