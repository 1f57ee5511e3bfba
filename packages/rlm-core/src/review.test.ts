import { describe, expect, it } from "vitest";
import { resolveLimits, type Limits } from "./limits.ts";
import type { JournalEvent } from "./journal.ts";
import { runLoop } from "./loop.ts";
import type { RlmOptions } from "./options.ts";
import type { Approve, Decision, ReviewRequest } from "./review.ts";
import { memoryStore } from "./stores/memory.ts";
import { scriptedModel, type ScriptedReply } from "./testing/scripted-model.ts";
import { scriptedSandbox, type ScriptedCall, type ScriptedStep } from "./testing/scripted-sandbox.ts";
import type { Tool } from "./tool.ts";

const code = (text: string): string => `\`\`\`repl\n${text}\n\`\`\``;
const looked: ScriptedStep = { output: "seen" };

/** A run whose person answers with these, in order; what they were asked, and what the model read. */
function play(
  scripts: readonly (readonly ScriptedStep[])[],
  replies: readonly ScriptedReply[],
  said: readonly (boolean | Decision | ((request: ReviewRequest) => boolean | Decision))[],
  { limits, ...options }: Omit<Partial<RlmOptions<unknown>>, "limits"> & { limits?: Partial<Limits> },
  driver: Parameters<typeof runLoop>[3] = {},
) {
  const asked: ReviewRequest[] = [];
  const journal: JournalEvent[] = [];
  const model = scriptedModel(replies);
  const sandbox = scriptedSandbox(scripts);
  const approve: Approve = async (request) => {
    const next = said[asked.push(request) - 1];
    if (next === undefined) throw new Error(`Nothing to say on ${JSON.stringify(request)}`);
    return typeof next === "function" ? next(request) : next;
  };
  const running = runLoop(
    { query: "q", context: "word ".repeat(10) },
    {
      model,
      approve,
      onEvent: (event) => void (event.type === "journal" && journal.push(event.event)),
      limits: { directBelow: 0, ...limits },
      ...options,
    },
    sandbox,
    driver,
  );
  running.catch(() => {});
  const read = (call: number): string => model.calls[call]?.messages.at(-1)?.content ?? "";
  const reviews = (): JournalEvent[] => journal.filter(({ type }) => type === "review");
  return { running, asked, journal, reviews, model, sandbox, read };
}

describe("review of code", () => {
  const review = ["code"] as const;

  it("runLoop() runs code that a person approves, and asks about every session's", async () => {
    const child: ScriptedCall = { kind: "rlm", prompt: "look", context: { text: "piece", json: false } };
    const { running, asked } = play(
      [[{ calls: [child] }, { answer: "x" }], [{ answer: "y" }]],
      [code("root()"), code("child()")],
      [true, { type: "approve" }],
      { review, limits: { depth: 2 } },
    );
    expect(await running).toMatchObject({ answer: "x" });
    expect(asked).toMatchObject([
      { kind: "code", depth: 0, turn: 1, code: "root()" },
      { kind: "code", depth: 1, turn: 1, code: "child()" },
    ]);
  });

  it("runLoop() runs a person's code instead, and the model reads it", async () => {
    const { running, sandbox, read, reviews } = play(
      [[looked, { answer: "x" }]],
      [code("first()"), code("second()")],
      [{ type: "edit", code: "other()" }, true],
      { review },
    );
    await running;
    expect(sandbox.sessions[0]?.given).toMatchObject([{ code: "other()" }, { code: "second()" }]);
    expect(read(1)).toContain(
      "A person changed your code before it ran. This is what ran:\n```repl\nother()\n```\n\n<output",
    );
    expect(reviews()).toEqual([
      { type: "review", kind: "code", decision: "edit", code: "other()" },
      { type: "review", kind: "code", decision: "approve" },
    ]);
  });

  it("runLoop() runs nothing of code that a person rejects; the model reads why, and the turn counts", async () => {
    const { running, sandbox, read } = play(
      [[{ answer: "x" }]],
      [code("first()"), code("second()"), code("third()")],
      [{ type: "reject", message: "Look at the end." }, false, true],
      { review, limits: { errors: 1 } },
    );
    expect(await running).toMatchObject({ answer: "x" });
    expect(sandbox.sessions[0]?.given).toMatchObject([{ code: "third()" }]);
    expect(read(1)).toContain(
      "A person looked at your code before it ran, and stopped it: nothing of it was run. They say, and it holds from here on: Look at the end.\n\nWrite other code.\n\nTurn 2 of 30",
    );
    expect(read(2)).toContain("nothing of it was run.\n\nWrite other code.\n\nTurn 3 of 30");
  });

  it("runLoop() asks about the code of a last reply too; where it is rejected the last output stands", async () => {
    const job = (said: boolean) =>
      play([[looked, { answer: "best" }]], [code("look()"), code("FINAL(best)")], [true, said], {
        review,
        limits: { turns: 1 },
      });
    const approved = job(true);
    expect(await approved.running).toMatchObject({ status: "concluded", answer: "best" });
    expect(approved.asked[1]).toMatchObject({ kind: "code", turn: 2, code: "FINAL(best)" });
    const rejected = job(false);
    expect(await rejected.running).toMatchObject({ status: "concluded", answer: "seen", usage: { calls: 2 } });
  });
});

describe("review of the budget", () => {
  const review = ["budget"] as const;

  it("runLoop() asks before limits.turns ends the run, and goes on with as many as are approved", async () => {
    const { running, asked, reviews, read } = play(
      [[looked, looked, { answer: "x" }]],
      [code("a()"), code("b()"), code("c()")],
      [{ type: "approve", max: 2 }, true],
      { review, limits: { turns: 1 } },
    );
    expect(await running).toMatchObject({ status: "final", answer: "x" });
    expect(asked).toMatchObject([
      { kind: "budget", limit: "turns", max: 1, spent: 1, suggested: 3, calls: 0 },
      { kind: "budget", limit: "turns", max: 2, spent: 2, suggested: 4, calls: 0 },
    ]);
    expect(reviews()).toMatchObject([
      { limit: "turns", max: 2 },
      { limit: "turns", max: 4 },
    ]);
    expect(read(2)).toContain("Turn 3 of 4");
  });

  it("runLoop() asks before limits.errors ends the run", async () => {
    const failed: ScriptedStep = { error: { kind: "thrown", message: "Error: no" } };
    const { running, asked } = play([[failed, { answer: "x" }]], [code("a()"), code("b()")], [true], {
      review,
      limits: { errors: 1 },
    });
    expect(await running).toMatchObject({ status: "final", answer: "x" });
    expect(asked).toMatchObject([{ limit: "errors", spent: 1 }]);
  });

  it("runLoop() concludes where a person rejects, and asks no second time", async () => {
    const { running, asked, reviews } = play(
      [[looked]],
      [code("a()"), "the best there is"],
      [{ type: "reject", message: "enough" }],
      { review, limits: { turns: 1 } },
    );
    expect(await running).toMatchObject({ status: "concluded", limit: "turns", answer: "the best there is" });
    expect(asked).toHaveLength(1);
    expect(reviews()).toEqual([
      { type: "review", kind: "budget", decision: "reject", limit: "turns", message: "enough" },
    ]);
  });

  it("runLoop() holds refused sub-calls until nothing else is in flight, then asks once for all of them", async () => {
    const { running, asked, model, reviews } = play(
      [[{ calls: ["one", "two", "three", "four"] }, { answer: "x" }]],
      [code("a()"), "1", "2", "3", "4"],
      [(request) => (model.calls.length === 3 && request.kind === "budget" ? { type: "approve", max: 20 } : false)],
      { review, limits: { calls: 4 } },
    );
    expect(await running).toMatchObject({ answer: "x", usage: { calls: 5 } });
    expect(asked).toMatchObject([{ limit: "calls", max: 4, spent: 3, calls: 2, turn: 1 }]);
    expect(reviews()).toMatchObject([{ limit: "calls", max: 20 }]);
  });

  it("runLoop() gives the code the error of the limit where a person rejects, and concludes after the block", async () => {
    const { running, asked, journal } = play(
      [[{ calls: ["one", "two"] }, looked]],
      [code("a()"), "the best there is"],
      [false],
      { review, limits: { calls: 2 } },
    );
    expect(await running).toMatchObject({ status: "concluded", limit: "calls", answer: "the best there is" });
    expect(asked).toMatchObject([{ limit: "calls", calls: 2 }]);
    expect(journal.filter((event) => event.type === "result").map(({ ok }) => ok)).toEqual([false, false]);
  });

  it.each(["tokens", "costUsd"] as const)(
    "runLoop() asks about limits.%s with what the call may need",
    async (limit) => {
      const limits = { ...resolveLimits(), [limit]: limit === "tokens" ? 9_000 : 0.01, directBelow: 0 };
      const { running, asked } = play([[{ answer: "x" }]], [code("a()")], [true], {
        review,
        limits,
        prices: { scripted: { inputPerMillion: 1, outputPerMillion: 2 } },
      });
      expect(await running).toMatchObject({ answer: "x" });
      const [request] = asked;
      if (request?.kind !== "budget") throw new Error("not asked");
      expect(request).toMatchObject({ limit, spent: 0, calls: 0 });
      expect(request.suggested).toBeGreaterThan(request.needed ?? Infinity);
    },
  );

  it("runLoop() asks once for children that a limit of the tree refuses together", async () => {
    const child: ScriptedCall = { kind: "rlm", prompt: "look", context: { text: "piece", json: false } };
    const { running, asked } = play(
      [[{ calls: [child, { ...child, prompt: "b" }] }, { answer: "x" }], [{ answer: "y" }], [{ answer: "z" }]],
      [code("a()"), code("b()"), code("c()")],
      [true],
      { review, limits: { depth: 2, calls: 2 } },
    );
    expect(await running).toMatchObject({ answer: "x" });
    expect(asked).toHaveLength(1);
  });

  it("runLoop() does not count the time in which it waits for a person", async () => {
    const store = memoryStore();
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const { running } = play([[looked, { answer: "x" }]], [code("a()"), code("b()")], [], {
      review: ["code"],
      store,
      limits: { durationMs: 400 },
      approve: () => (setTimeout(() => resolve(true), 600), promise),
    });
    const { status, usage } = await running;
    expect(status).toBe("final");
    expect(usage.activeMs).toBeLessThan(400);
  });
});

describe("review of tools", () => {
  const calls: ScriptedCall[] = ["Busan", "Seoul"].map((city) => ({
    kind: "tool",
    name: "weather",
    prompt: JSON.stringify({ city }),
  }));
  function weather(): Tool & { seen: unknown[] } {
    const seen: unknown[] = [];
    const parameters = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
    return {
      name: "weather",
      description: "",
      parameters,
      approve: true,
      run: async (args) => (seen.push(args), "fine"),
      seen,
    };
  }

  it("runLoop() asks about several calls at once: one approved, one with other arguments", async () => {
    const tool = weather();
    const { running, asked, journal, read } = play(
      [[{ calls }, looked, { answer: "x" }]],
      [code("a()"), code("b()")],
      [true, { type: "edit", args: { city: "Daegu" } }],
      { tools: [tool] },
    );
    await running;
    expect(asked).toMatchObject([
      { kind: "tool", id: 1, tool: "weather", args: { city: "Busan" }, turn: 1 },
      { kind: "tool", id: 2, tool: "weather", args: { city: "Seoul" }, turn: 1 },
    ]);
    expect(tool.seen).toEqual([{ city: "Busan" }, { city: "Daegu" }]);
    expect(journal.map(({ type }) => type)).toEqual(
      expect.arrayContaining(["reply", "block", "call", "call", "review", "review", "result", "result", "end"]),
    );
    expect(read(1)).toMatch(
      /A person changed the arguments of tools\.weather\. It was called with:\n<arguments-\w+>\n\{"city":"Daegu"\}\n<\/arguments-/,
    );
  });

  it("runLoop() gives the code an error for a call that is rejected, with what was said", async () => {
    const tool = weather();
    const store = memoryStore();
    const { running, journal } = play(
      [[{ calls }, { answer: "x" }]],
      [code("a()")],
      [{ type: "reject", message: "not there" }, false],
      { tools: [tool], store },
    );
    await running;
    expect(tool.seen).toEqual([]);
    const results = journal.filter((event) => event.type === "result");
    const texts = await Promise.all(results.map(async ({ ref }) => JSON.parse(await store.get(ref)) as unknown));
    expect(texts).toEqual([
      { code: "tool", message: "Cannot call tools.weather: the call was not approved: not there" },
      { code: "tool", message: "Cannot call tools.weather: the call was not approved" },
    ]);
  });
});

describe("review of the answer", () => {
  const review = ["answer"] as const;

  it("runLoop() gives an answer that a person approves, and asks for none of a child", async () => {
    const child: ScriptedCall = { kind: "rlm", prompt: "look", context: { text: "piece", json: false } };
    const { running, asked } = play(
      [[{ calls: [child] }, { answer: "x" }], [{ answer: "y" }]],
      [code("root()"), code("child()")],
      [true],
      { review, limits: { depth: 2 } },
    );
    expect(await running).toMatchObject({ status: "final", answer: "x" });
    expect(asked).toMatchObject([{ kind: "answer", status: "final", answer: "x", depth: 0 }]);
  });

  it("runLoop() gives a person's answer instead, which has to fit the response format", async () => {
    const responseFormat = { type: "object", properties: { n: { type: "number" } }, required: ["n"] };
    const job = (answer: unknown) =>
      play([[{ answer: { n: 1 } }]], [code("a()")], [{ type: "edit", answer }], { review, responseFormat });
    expect(await job({ n: 2 }).running).toMatchObject({ status: "final", answer: { n: 2 } });
    await expect(job({ n: "2" }).running).rejects.toThrow(
      "Cannot use the decision on the answer: answer does not fit the response format. n:",
    );
  });

  it("runLoop() goes on where an answer is rejected, and the model reads why", async () => {
    const { running, read, asked } = play(
      [[{ answer: "x" }, { answer: "y" }]],
      [code("a()"), code("b()")],
      [{ type: "reject", message: "Too short." }, true],
      { review },
    );
    expect(await running).toMatchObject({ status: "final", answer: "y" });
    expect(asked).toHaveLength(2);
    expect(read(1)).toMatch(
      /^A person did not accept your answer, which began:\n<answer-\w+>\nx\n<\/answer-\w+>\nThey say, and it holds from here on: Too short\.\n\n/,
    );
    expect(read(1)).toContain("work on the answer, and call FINAL with a better one.\n\nTurn 2 of 30");
  });

  it("runLoop() throws RejectedError with the answer where there is no further turn", async () => {
    const direct = play([], ["It is short."], [{ type: "reject", message: "wrong" }], {
      review,
      limits: { directBelow: 16_000 },
    });
    await expect(direct.running).rejects.toMatchObject({
      code: "rejected",
      answer: "It is short.",
      message: "Cannot give the answer: it was rejected, and the run has no further turn: wrong",
    });
    const concluded = play([[looked]], [code("a()"), "best"], [false], { review, limits: { turns: 1 } });
    await expect(concluded.running).rejects.toMatchObject({ code: "rejected", answer: "best" });
    const edited = play([], ["It is short."], [{ type: "edit", answer: "It is long." }], {
      review,
      limits: { directBelow: 16_000 },
    });
    expect(await edited.running).toMatchObject({ status: "direct", answer: "It is long." });
  });
});

describe("decisions and options", () => {
  it.each<[Decision | string | undefined, RegExp]>([
    ["yes", /^Cannot use the decision on limits.turns: expected true, false or \{ type: "approve", max\? \}/],
    [{ type: "edit", code: "x" }, /expected true, false or/],
    [{ type: "approve", max: 1 }, /expected max to be an integer above 1 \(limits.turns is 1, spent 1\), got 1/],
    [{ type: "approve", max: Infinity }, /got Infinity/],
    [{ type: "approve", maximum: 9 } as Decision, /unknown field "maximum"/],
    [{ type: "reject", message: 5 } as unknown as Decision, /expected message to be a string/],
  ])("runLoop() refuses the decision %#", async (decision, words) => {
    const { running } = play([[looked]], [code("a()")], [() => decision as Decision], {
      review: ["budget"],
      limits: { turns: 1 },
    });
    await expect(running).rejects.toThrow(words);
    await expect(running).rejects.toMatchObject({ code: "bad-input" });
  });

  it("runLoop() refuses review without approve, and points that do not exist", async () => {
    const options = { model: scriptedModel([]) };
    const input = { query: "q", context: "c" };
    const run = (rest: object) => runLoop(input, { ...options, ...rest }, scriptedSandbox([]));
    await expect(run({ review: ["code"] })).rejects.toThrow("options.review needs options.approve");
    await expect(run({ review: ["codes"], approve: () => true })).rejects.toThrow(
      'Expected options.review to be a list of code, budget, answer, got "codes"',
    );
    await expect(run({ review: "code", approve: () => true })).rejects.toThrow('got "code"');
  });
});
