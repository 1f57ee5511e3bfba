import { afterAll, describe, expect, it } from "vitest";
import { isolate, runRlm, type RlmEvent } from "rlm-core";
import { childPids, questionOf, repl, ruleModel, turnOf } from "./scenario.ts";

const sandboxes: { close(): Promise<void> }[] = [];
afterAll(() => Promise.all(sandboxes.map((sandbox) => sandbox.close())));

function open(options: Parameters<typeof isolate>[0]) {
  const sandbox = isolate(options);
  sandboxes.push(sandbox);
  return sandbox;
}

// Each level cuts its context into four and gives the pieces to four children; the lowest asks plainly.
const split = `
const quarter = Math.ceil(context.length / 4);
const pieces = [0, 1, 2, 3].map((at) => context.slice(at * quarter, (at + 1) * quarter)).filter((piece) => piece !== "");
const counts = await rlm_query_batched(pieces.map((piece) => ({ query: "Count the stars", context: piece })));
print(counts);
const total = counts.reduce((sum, count) => sum + Number(count), 0);
FINAL(String(total));`;

const stars = Array.from({ length: 640 }, (_, at) => (at % 7 === 0 ? "*" : ".")).join("");
const expected = String(stars.split("*").length - 1);

function counter(open: { now: number; most: number }) {
  return ruleModel(async (messages, { purpose }) => {
    open.most = Math.max(open.most, ++open.now);
    await new Promise((resolve) => setImmediate(resolve));
    open.now--;
    if (purpose === "root") return repl(split);
    const data = /<data-\w+>\n([\s\S]*)\n<\/data-\w+>/.exec(messages[0]?.content ?? "")?.[1] ?? "";
    return String(data.split("*").length - 1);
  });
}

describe("recursion", () => {
  for (const depth of [1, 2, 3]) {
    it(`runRlm() at limits.depth ${depth} opens children down to that depth, on one budget`, async () => {
      const events: RlmEvent[] = [];
      const model = counter({ now: 0, most: 0 });
      const limits = { depth, directBelow: 0, calls: 1000 };
      const result = await runRlm(
        { query: "Count the stars", context: stars },
        { model, sandbox: open({ warm: 0 }), limits, onEvent: (event) => events.push(event) },
      );
      expect(result.answer).toBe(expected);
      const roots = [0, 1, 5, 21][depth] ?? 0;
      const plain = 4 ** depth;
      expect(result.usage.calls).toBe(roots + plain);
      const starts = events.filter((event) => event.type === "run-start");
      expect(starts).toHaveLength(roots);
      expect(Math.max(...starts.map((event) => event.depth))).toBe(depth - 1);
      const children = starts.filter((event) => event.depth > 0);
      expect(
        children.every(
          (event) =>
            event.type === "run-start" &&
            event.runId === `${event.parent?.runId}/${event.parent?.turn}.${event.parent?.id}`,
        ),
      ).toBe(true);
    });
  }

  it("runRlm() without limits.depth answers rlm_query by one plain call, and opens no child", async () => {
    const events: RlmEvent[] = [];
    const model = ruleModel((_, { purpose }) =>
      purpose === "root" ? repl("FINAL(await rlm_query('Count the stars', context))") : expected,
    );
    const result = await runRlm(
      { query: "Count the stars", context: stars },
      { model, sandbox: open({ warm: 0 }), limits: { directBelow: 0 }, onEvent: (event) => events.push(event) },
    );
    expect(result).toMatchObject({ answer: expected, usage: { calls: 2 } });
    expect(events.filter((event) => event.type === "run-start")).toHaveLength(1);
  });

  it("runRlm() with concurrency 1, maxProcesses 1, depth 3 and fan-out 4 finishes", async () => {
    const requests = { now: 0, most: 0 };
    const model = counter(requests);
    const sandbox = open({ maxProcesses: 1, warm: 0 });
    let processes = 0;
    const onEvent = (): void => {
      processes = Math.max(processes, childPids().length);
    };
    const result = await runRlm(
      { query: "Count the stars", context: stars },
      { model, sandbox, onEvent, limits: { depth: 3, concurrency: 1, directBelow: 0, calls: 1000 } },
    );
    expect(result.answer).toBe(expected);
    expect(requests.most).toBe(1);
    expect(processes).toBeLessThanOrEqual(1);
  });

  it("runRlm() gives a child that fails as an error to the code, and the others go on", async () => {
    const model = ruleModel((messages, { depth }) => {
      if (depth === 0)
        return repl(
          "const all = await rlm_query_batched(['good', 'bad'].map((query) => ({ query, context: 'text ' + query }))); FINAL(all.map((one) => (one instanceof Error ? 'failed: ' + one.message : one)).join('; '))",
        );
      if (questionOf(messages) === "bad") throw new Error("no such model");
      return repl("print(context); FINAL('fine')");
    });
    const result = await runRlm(
      { query: "q", context: stars },
      { model, sandbox: open({ warm: 0 }), limits: { depth: 2, directBelow: 0 } },
    );
    expect(result.answer).toContain("fine; failed: ");
    expect(result.answer).toContain("no such model");
  });

  it("runRlm() at a limit lets a child answer with what it has, and the root conclude", async () => {
    const model = ruleModel((messages, { depth, purpose }) => {
      if (purpose === "conclude") return "concluded";
      if (depth === 0) return repl("const child = await rlm_query('look', 'some text'); print('child said ' + child)");
      return repl(`print("found in turn ${turnOf(messages)}")`);
    });
    const result = await runRlm(
      { query: "q", context: stars },
      { model, sandbox: open({ warm: 0 }), limits: { depth: 2, directBelow: 0, calls: 4 } },
    );
    expect(result).toMatchObject({ status: "concluded", limit: "calls", answer: "concluded" });
    expect(model.calls.at(-1)?.messages.at(-1)?.content).toContain("child said found in turn 2");
    expect(model.calls).toHaveLength(4);
  });

  it("runRlm() gives a child the schema of its call as response format", async () => {
    const model = ruleModel((_, { depth }) =>
      repl(
        depth === 0
          ? "const { n } = await rlm_query('count', [1, 2, 3], { schema: { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] } }); FINAL(n + 1)"
          : "print(context); FINAL({ n: context.length })",
      ),
    );
    const result = await runRlm(
      { query: "q", context: stars },
      { model, sandbox: open({ warm: 0 }), limits: { depth: 2, directBelow: 0 }, responseFormat: { type: "integer" } },
    );
    expect(result.answer).toBe(4);
  });

  it("runRlm() ends children that are not waited for when the block ends", async () => {
    const sandbox = open({ warm: 0 });
    const started = Promise.withResolvers<void>();
    const model = ruleModel(async (_, { depth, signal }) => {
      if (depth === 0) return repl("const slow = rlm_query('slow', 'text'); await llm_query('go'); FINAL('done')");
      started.resolve();
      return await new Promise<string>((_resolve, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason)),
      );
    });
    const subModel = Object.assign(
      ruleModel(async (messages, options) => {
        if (options.purpose === "root") return (await model(messages, options)).text;
        await started.promise;
        return "went";
      }),
    );
    const result = await runRlm(
      { query: "q", context: stars },
      { model, subModel, sandbox, limits: { depth: 2, directBelow: 0 } },
    );
    expect(result.answer).toBe("done");
    expect(childPids()).toEqual([]);
  });
});
