import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { RlmError } from "./errors.ts";
import type { RlmEvent } from "./events.ts";
import { runLoop } from "./loop.ts";
import type { Model } from "./model.ts";
import type { RlmOptions } from "./options.ts";
import type { Tool } from "./tool.ts";
import type { Done, Sandbox } from "./sandbox.ts";
import type { RunStore } from "./store.ts";
import { memoryStore } from "./stores/memory.ts";
import { scriptedSandbox, type ScriptedCall, type ScriptedStep } from "./testing/scripted-sandbox.ts";

const never = new Promise<never>(() => {});
const child = (prompt: string): ScriptedCall => ({
  kind: "rlm",
  prompt,
  context: { text: `of ${prompt}`, json: false },
});

/** Every root writes code and every sub-call is answered, but for what `answer` does about it. */
function modelOf(answer: (...args: Parameters<Model>) => Promise<string> | undefined = () => undefined): Model {
  return async (messages, options) => ({
    text: await (answer(messages, options) ??
      Promise.resolve(options.purpose === "sub" ? "reply" : "```repl\nprint(1)\n```")),
    usage: { inputTokens: 10, outputTokens: 5 },
  });
}

async function play(
  scripts: ScriptedStep[][],
  { limits, ...options }: Partial<RlmOptions> = {},
  { deferChildren = false } = {},
) {
  const sandbox = scriptedSandbox(scripts);
  const events: RlmEvent[] = [];
  const running = runLoop(
    { query: "q", context: "the context" },
    {
      model: modelOf(),
      onEvent: (event) => events.push(event),
      ...options,
      limits: { directBelow: 0, depth: 2, ...limits },
    },
    sandbox,
    { deferChildren },
  );
  return { running, sandbox, events };
}

describe("runLoop() and its listener", () => {
  for (const type of ["run-start", "journal"] as const) {
    it(`runLoop() ends with the error that the listener throws at a child's ${type}, and does not give it to the code`, async () => {
      const full = new Error("disk full");
      const { running, sandbox } = await play([[{ calls: [child("a")] }, { answer: "went on" }], [{ answer: "a" }]], {
        onEvent: (event) => {
          if (event.type === type && event.depth === 1) throw full;
        },
      });
      await expect(running).rejects.toBe(full);
      expect(sandbox.sessions.every(({ closed }) => closed)).toBe(true);
    });
  }

  it("runLoop() ends with the error that an async listener rejects with, and leaves no rejection unhandled", async () => {
    const full = new Error("disk full");
    const onEvent: (event: RlmEvent) => unknown = async ({ type }) => {
      if (type === "query-start") throw full;
    };
    const model = modelOf((_, { purpose }) => (purpose === "sub" ? never : undefined));
    const { running } = await play([[{ calls: ["slow"] }, { answer: "went on" }]], { model, onEvent });
    await expect(running).rejects.toBe(full);
  });
});

describe("runLoop() and children that fail", () => {
  for (const deferChildren of [false, true]) {
    it(`runLoop() goes on after a child that used up its own errors (deferChildren: ${deferChildren})`, async () => {
      const model = modelOf((_, { depth }) => (depth === 1 ? Promise.resolve("no code") : undefined));
      const { running, events } = await play(
        [[{ calls: [child("a")] }, { output: "a failed" }, { answer: "without a" }]],
        { model, limits: { errors: 2 } },
        { deferChildren },
      );
      expect(await running).toMatchObject({ status: "final", answer: "without a" });
      expect(events.find((event) => event.type === "query-end")).toMatchObject({ ok: false });
    });

    it(`runLoop() tells what a child used when it is over (deferChildren: ${deferChildren})`, async () => {
      const { running, events } = await play(
        [
          [{ calls: [child("a")] }, { answer: "x" }],
          [{ calls: ["b"] }, { answer: "y" }],
        ],
        {},
        { deferChildren },
      );
      await running;
      const ends = events.flatMap((event) => (event.type === "query-end" && event.kind === "rlm" ? [event] : []));
      expect(ends).toMatchObject([{ usage: { inputTokens: 20, outputTokens: 10 } }]);
    });

    it(`runLoop() leaves no child running when one of them makes the run fail (deferChildren: ${deferChildren})`, async () => {
      const broken = new RlmError("store", "disk full");
      const aborted: string[] = [];
      const asked = Promise.withResolvers<void>();
      const model = modelOf(([, first], { depth, signal }) => {
        if (depth === 0 || first?.content.includes("Question: bad") === true) return undefined;
        asked.resolve();
        return new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => (aborted.push("slow"), reject(signal.reason)));
        });
      });
      const store = memoryStore();
      const { running, sandbox } = await play(
        [[{ calls: [child("slow"), child("bad")] }], [{ answer: "x" }]],
        {
          model,
          store: {
            ...store,
            append: async (key, entry) => {
              if (key.endsWith("/1.2/log")) {
                await asked.promise;
                throw broken;
              }
              await store.append(key, entry);
            },
          },
        },
        { deferChildren },
      );
      await expect(running).rejects.toBe(broken);
      expect(aborted).toEqual(["slow"]);
      expect(sandbox.sessions.every(({ closed }) => closed)).toBe(true);
    });
  }
});

describe("runLoop() and its tree", () => {
  it("runLoop() holds the semaphore during requests only: with concurrency 1 a parent's children finish", async () => {
    const { running } = await play(
      [[{ calls: [child("a"), child("b")] }, { answer: "x" }], [{ calls: ["c"] }, { answer: "y" }], [{ answer: "z" }]],
      { limits: { concurrency: 1 } },
    );
    expect(await running).toMatchObject({ answer: "x", usage: { calls: 4 } });
  });

  it("runLoop() ends when the sessions of children that nobody waits for are closed, not before", async () => {
    const opened = Promise.withResolvers<string>();
    const model = modelOf((_, { purpose, depth }) => {
      if (purpose === "root") return undefined;
      if (depth === 0) return opened.promise;
      opened.resolve("reply");
      return never;
    });
    const inner = scriptedSandbox([[{ calls: [child("slow"), "quick"] }], [{ calls: ["never"] }]]);
    let open = 0;
    const sandbox: Sandbox = {
      ...inner,
      async open(options) {
        const session = await inner.open(options);
        open += 1;
        const isRoot = open === 1;
        const close = async (): Promise<void> => {
          if (!isRoot) await new Promise((resolve) => setImmediate(resolve));
          open -= 1;
        };
        // The root's code ends at its first result, as FINAL does while a child is still at work.
        const done: Done = {
          kind: "done",
          output: { text: "", chars: 0 },
          answer: { text: "x", json: false },
          computeMs: 1,
        };
        return Object.assign(session, { close }, isRoot && { resume: async () => done });
      },
    };
    const limits = { directBelow: 0, depth: 2 };
    const { answer } = await runLoop({ query: "q", context: "c" }, { model, limits }, sandbox);
    expect({ answer, open }).toEqual({ answer: "x", open: 0 });
  });

  it("runLoop() gives each child the sub-model and a seed of its own, the same whenever it is run", async () => {
    const seeds: number[][] = [];
    for (let time = 0; time < 2; time += 1) {
      const asked: string[] = [];
      const named = (name: string): Model =>
        modelOf((_messages, { depth }) => {
          asked.push(`${name} at ${depth}`);
          return undefined;
        });
      const { running, sandbox } = await play(
        [[{ calls: [child("a"), child("b")] }, { answer: "x" }], [{ answer: "y" }], [{ answer: "z" }]],
        { model: named("root"), subModel: named("sub") },
      );
      await running;
      expect(asked).toEqual(["root at 0", "sub at 1", "sub at 1"]);
      seeds.push(sandbox.sessions.slice(1).map(({ options }) => options.seed));
    }
    expect(seeds[1]).toEqual(seeds[0]);
    expect(new Set(seeds[0]).size).toBe(2);
  });

  it("runLoop() tells a root what rlm_query is at its depth", async () => {
    for (const [depth, words] of [
      [1, "here the same as one `llm_query`"],
      [2, "a helper that works as you do"],
    ] as const) {
      const systems: string[] = [];
      const model = modelOf(([system]) => {
        systems.push(system?.content ?? "");
        return undefined;
      });
      await (
        await play([[{ answer: "x" }]], { model, limits: { depth } })
      ).running;
      expect(systems).toEqual([expect.stringContaining(words)]);
    }
  });
});

describe("runLoop() and what the whole tree shares", () => {
  const textsOf = (events: RlmEvent[], depth: number): (string | undefined)[] =>
    events.flatMap((event) =>
      event.type === "journal" && event.event.type === "result" && event.depth === depth ? [event.text] : [],
    );

  it("runLoop() holds limits.concurrency over all sessions", async () => {
    let now = 0;
    let most = 0;
    const model = modelOf(async (_, { purpose }) => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setImmediate(resolve));
      now -= 1;
      return purpose === "sub" ? "reply" : "```repl\nprint(1)\n```";
    });
    const inChild: ScriptedStep[] = [{ calls: ["one", "two", "three"] }, { answer: "y" }];
    const { running } = await play([[{ calls: [child("a"), child("b")] }, { answer: "x" }], inChild, inChild], {
      model,
      limits: { concurrency: 2 },
    });
    await running;
    expect(most).toBe(2);
  });

  it("runLoop() counts a tool's calls over all sessions", async () => {
    const called: ScriptedCall = { kind: "tool", name: "look", prompt: "{}" };
    const tool: Tool = {
      name: "look",
      description: "",
      parameters: {},
      run: async () => 1,
      inherit: true,
      maxCalls: 1,
    };
    const scripts = [
      [{ calls: [called] }, { calls: [child("a")] }, { answer: "x" }],
      [{ calls: [called] }, { answer: "y" }],
    ];
    const { running, events } = await play(scripts, { tools: [tool] });
    await running;
    expect(textsOf(events, 1)).toEqual([
      JSON.stringify({ code: "tool", message: "Cannot call tools.look: its 1 calls are used up" }),
    ]);
  });

  it("runLoop() refuses rlm_query at the depth limit where query and context are over limits.promptChars", async () => {
    const long: ScriptedCall = { kind: "rlm", prompt: "q", context: { text: "x".repeat(1000), json: false } };
    const { running, events } = await play([[{ calls: [long] }, { answer: "x" }]], {
      limits: { depth: 1, promptChars: 500 },
    });
    await running;
    expect(textsOf(events, 0)).toEqual([expect.stringMatching(/limits.depth is 1.*a string of 1,000 characters/)]);
  });

  for (const deferChildren of [false, true]) {
    it(`runLoop() concludes after a block in which a limit refused a call, and does not begin a turn (deferChildren: ${deferChildren})`, async () => {
      const { running, events } = await play(
        [[{ calls: [child("a")] }, { output: "seen" }]],
        {
          limits: { calls: 2 },
          model: modelOf((_, { purpose }) => (purpose === "conclude" ? Promise.resolve("best") : undefined)),
        },
        { deferChildren },
      );
      expect(await running).toMatchObject({ status: "concluded", limit: "calls", answer: "best", usage: { calls: 2 } });
      expect(events.filter(({ type, depth }) => type === "turn-start" && depth === 0)).toHaveLength(1);
    });
  }
});

describe("runLoop() and tools that take their time", () => {
  const called: ScriptedCall = { kind: "tool", name: "wait", prompt: "{}" };
  const tool: Tool = { name: "wait", description: "", parameters: { type: "object" }, run: () => never };

  it("runLoop() concludes at limits.durationMs in spite of a tool that never returns", async () => {
    const { running } = await play([[{ output: "seen" }, { calls: [called] }, { output: "" }]], {
      tools: [tool],
      model: modelOf((_, { purpose }) => (purpose === "conclude" ? Promise.resolve("best") : undefined)),
      limits: { durationMs: 300 },
    });
    expect(await running).toMatchObject({ status: "concluded", limit: "durationMs", answer: "best" });
  });
});

describe("runLoop() and answers that are none", () => {
  it("runLoop() says that a direct answer is empty beside its thoughts", async () => {
    const model = modelOf(() => Promise.resolve("<think>so many words"));
    const { running } = await play([], { model, limits: { directBelow: 16_000 } });
    await expect(running).rejects.toMatchObject({ code: "model", message: expect.stringContaining("it is empty") });
  });

  it("runLoop() asks for a direct answer once more where it does not fit", async () => {
    const replies = ["seven", '{"n": 7}'];
    const model = modelOf(() => Promise.resolve(replies.shift() ?? ""));
    const responseFormat = { type: "object", required: ["n"] };
    const { running } = await play([], { model, responseFormat, limits: { directBelow: 16_000 } });
    expect(await running).toMatchObject({ status: "direct", answer: { n: 7 }, usage: { calls: 2 } });
  });

  it("runLoop() takes no output of a block that failed for an answer", async () => {
    const error = { kind: "thrown", message: "Error: no" } as const;
    const { running } = await play([[{ output: "half", error }]], { limits: { calls: 1 } });
    await expect(running).rejects.toMatchObject({ code: "budget", limit: "calls" });
  });

  it("runLoop() runs the block of a last reply that does not call FINAL, and takes what it prints", async () => {
    const { running } = await play([[{ output: "first" }, { output: "what was found" }]], { limits: { turns: 1 } });
    expect(await running).toMatchObject({ status: "concluded", limit: "turns", answer: "what was found" });
  });
});

describe("runLoop() and its store", () => {
  const failing = (name: "put" | "get" | "append" | "read", from: number): RunStore => {
    const store = memoryStore();
    let calls = 0;
    const fail = async (...args: never[]): Promise<never> => {
      calls += 1;
      if (calls >= from) throw new Error(`${name} failed`);
      return await (store[name] as (...given: never[]) => Promise<never>)(...args);
    };
    return { ...store, [name]: fail };
  };

  for (const name of ["put", "get", "append", "read"] as const) {
    it(`runLoop() ends with the error of a store whose ${name} fails, whenever it does, and closes its sessions`, async () => {
      for (let from = 1; ; from += 1) {
        const { running, sandbox } = await play([[{ calls: ["one", "two"] }, { output: "1" }, { answer: "x" }]], {
          store: failing(name, from),
        });
        const ended = await running.catch((error: unknown) => error);
        expect(sandbox.sessions.every(({ closed }) => closed)).toBe(true);
        if (!(ended instanceof Error)) break;
        expect(ended.message).toBe(`${name} failed`);
        expect(from).toBeLessThan(100);
      }
    });
  }

  it("runLoop() gives the answer, and a warning, where the store cannot delete its logs", async () => {
    const store = { ...memoryStore(), delete: () => Promise.reject(new Error("read-only")) };
    const { running, events } = await play([[{ answer: "x" }]], { store });
    expect(await running).toMatchObject({ answer: "x" });
    const warnings = events.flatMap((event) => (event.type === "warning" ? [event.message] : []));
    expect(warnings).toEqual([
      expect.stringMatching(/^Cannot delete the log ".*\/log" .*read-only/),
      expect.stringMatching(/^Cannot delete the log ".*\/budget" .*read-only/),
    ]);
  });

  it("runLoop() ends with its own error where the store cannot delete its logs either", async () => {
    const store = { ...memoryStore(), delete: () => Promise.reject(new Error("read-only")) };
    const { running } = await play([[new Error("lost")]], { store });
    await expect(running).rejects.toThrow("lost");
  });

  it("runLoop() leaves no log in the store and no listener on the caller's signal", async () => {
    const store = memoryStore();
    const { signal } = new AbortController();
    const { running } = await play([[{ calls: ["one", child("a")] }, { answer: "x" }], [{ answer: "a" }]], {
      store,
      signal,
    });
    await running;
    expect(await store.list("")).toEqual([]);
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });
});
