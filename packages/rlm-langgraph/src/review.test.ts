import {
  Command,
  END,
  INTERRUPT,
  isInterrupted,
  MemorySaver,
  START,
  StateGraph,
  StateSchema,
} from "@langchain/langgraph";
import {
  canonicalJournal,
  InputError,
  isolate,
  memoryStore,
  runRlm,
  storeContexts,
  type ChatMessage,
  type Decision,
  type JournalEvent,
  type ReviewRequest,
  type Tool,
} from "rlm-core";
import { replayTrajectory } from "rlm-core/replay";
import { scriptedModel } from "rlm-core/testing";
import { afterAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { createRlm, type Rlm } from "./create-rlm.ts";
import { createRlmGraph } from "./create-rlm-graph.ts";
import type { Interrupted } from "./decisions.ts";

const sandbox = isolate({ warm: 0 });
afterAll(() => sandbox.close());

const context = "word ".repeat(20_000);
const repl = (code: string): string => `\`\`\`repl\n${code}\n\`\`\``;

/** A model that answers by rules, and counts what it is asked. */
function counting(codes: Record<string, readonly string[]>) {
  const asked: string[] = [];
  const model = scriptedModel([], {
    onMissing: (messages, { purpose }) => {
      const question = questionOf(messages);
      if (purpose === "sub") return (asked.push(`sub ${messages[0]?.content}`), `<${messages[0]?.content}>`);
      const turn = messages.filter(({ role }) => role === "assistant").length;
      asked.push(`${purpose} ${question} ${turn + 1}`);
      if (purpose === "conclude") return "the best there is";
      return repl(codes[question]?.[turn] ?? "FINAL('no more code')");
    },
  });
  return { model, asked };
}

function questionOf(messages: readonly ChatMessage[]): string {
  return /^Question: (.*)$/m.exec(messages[1]?.content ?? "")?.[1] ?? "";
}

const weather = (): Tool & { seen: unknown[] } => {
  const seen: unknown[] = [];
  return {
    name: "weather",
    description: "The weather.",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
    approve: true,
    run: async ({ city }) => (seen.push(city), `fine in ${String(city)}`),
    seen,
  };
};

type Answers = readonly (boolean | Decision)[];

/** Each point of review with each decision: what the code does, what a person says, and what comes of it. */
const cases: Record<string, { codes: readonly string[]; answers: Answers; limits?: object; result: object }> = {
  "code approved": { codes: ["print(1)", "FINAL('a')"], answers: [true, { type: "approve" }], result: { answer: "a" } },
  "code edited": {
    codes: ["const x = 1; print(x)", "FINAL(x)"],
    answers: [{ type: "edit", code: "const x = 2; print(x)" }, true],
    result: { answer: "2" },
  },
  "code rejected": {
    codes: ["const x = 1", "const x = 2; print(x)", "FINAL(x)"],
    answers: [{ type: "reject", message: "no" }, true, true],
    result: { answer: "2" },
  },
  "turns raised": {
    codes: ["print(1)", "FINAL('a')"],
    answers: [true, { type: "approve", max: 5 }, true],
    limits: { turns: 1 },
    result: { status: "final", answer: "a" },
  },
  "turns that stay": {
    codes: ["print(1)"],
    answers: [true, false],
    limits: { turns: 1 },
    result: { status: "concluded", limit: "turns", answer: "the best there is" },
  },
  "calls raised in a block": {
    codes: ["const all = await llm_query_batched(['a', 'b', 'c']); FINAL(all.join())"],
    answers: [true, { type: "approve", max: 9 }],
    limits: { calls: 3 },
    result: { status: "final", answer: "<a>,<b>,<c>" },
  },
  "calls that stay in a block": {
    codes: ["const all = await llm_query_batched(['a', 'b', 'c']); print(all)"],
    answers: [true, false],
    limits: { calls: 3 },
    result: { status: "concluded", limit: "calls" },
  },
  "tools approved, edited and rejected": {
    codes: [
      "const said = await Promise.allSettled(['Busan', 'Seoul', 'Daegu'].map((city) => tools.weather({ city }))); FINAL(said.map(({ value, reason }) => value ?? reason.message).join('; '))",
    ],
    answers: [true, true, { type: "edit", args: { city: "Jeju" } }, { type: "reject", message: "not there" }],
    result: {
      answer: "fine in Busan; fine in Jeju; Cannot call tools.weather: the call was not approved: not there",
    },
  },
};

describe("the same review by loop and by graph", () => {
  it.each(Object.entries(cases))("runRlm(), createRlm() with approve, and by interrupts: %s", async (_name, job) => {
    const { codes, answers, limits, result } = job;
    const options = {
      sandbox,
      limits: { directBelow: 0, ...limits },
      review: ["code", "budget"] as const,
      tools: [weather()],
    };
    const input = { query: "q", context };
    const approving = () => {
      const rest = [...answers];
      return async () => rest.shift() ?? "nothing left to say";
    };

    const events: JournalEvent[] = [];
    const loop = counting({ q: codes });
    const onEvent = (event: { type: string; event?: unknown }): void => {
      if (event.type === "journal") events.push(event.event as JournalEvent);
    };
    const approve = approving as unknown as () => () => boolean;
    const byLoop = await runRlm(input, { ...options, model: loop.model, approve: approve(), onEvent });
    expect(byLoop).toMatchObject(result);

    const live = counting({ q: codes });
    const withApprove = createRlm({ ...options, model: live.model, approve: approve() });
    const byApprove = await withApprove.invoke(input);

    const later = counting({ q: codes });
    const waiting = createRlm({ ...options, model: later.model, checkpointer: new MemorySaver() });
    const byInterrupts = await answer(waiting, await waiting.invoke(input, thread), [...answers]);

    for (const [rlm, other, model] of [
      [withApprove, byApprove, live],
      [waiting, byInterrupts, later],
    ] as const) {
      expect(other).toMatchObject(result);
      expect(model.asked.toSorted()).toEqual(loop.asked.toSorted());
      const trajectory = await rlm.trajectory(other.runId);
      const journal = trajectory.runs.get(other.runId)?.journal ?? [];
      expect(canonicalJournal(journal)).toEqual(canonicalJournal(events));
      await replayTrajectory(trajectory, { context, sandbox });
    }
  });

  it.each([
    ["approved", true, "a"],
    ["edited", { type: "edit", answer: "b" }, "b"],
    ["rejected", { type: "reject", message: "no" }, "c"],
  ] as const)("an answer that is %s", async (_name, said, expected) => {
    const job = counting({ q: ["print(1)", "FINAL('a')", "FINAL('c')"] });
    const rlm = createRlm({ model: job.model, sandbox, review: ["answer"], checkpointer: new MemorySaver() });
    const first = await rlm.invoke({ query: "q", context }, thread);
    expect(requestsOf(first)).toMatchObject([{ kind: "answer", status: "final", answer: "a" }]);
    expect((await rlm.trajectory(first.runId)).complete).toBe(false);
    const done = await answer(rlm, first, [said, true]);
    expect(done).toMatchObject({ status: "final", answer: expected });
    const trajectory = await rlm.trajectory(done.runId);
    expect(trajectory.complete).toBe(true);
    expect(trajectory.runs.get(done.runId)?.end).toMatchObject({ text: expected });
    await replayTrajectory(trajectory, { context, sandbox });
  });

  it("a direct answer that is rejected ends the run with RejectedError", async () => {
    const rlm = createRlm({
      model: scriptedModel(["short"]),
      sandbox,
      review: ["answer"],
      checkpointer: new MemorySaver(),
    });
    const waits = await rlm.invoke({ query: "q", context: "short" }, thread);
    expect(requestsOf(waits)).toMatchObject([{ status: "direct", answer: "short" }]);
    await expect(rlm.invoke(new Command({ resume: false }), thread)).rejects.toMatchObject({
      code: "rejected",
      answer: "short",
    });
  });
});

describe("children that wait at once", () => {
  const codes = {
    q: [
      "const all = await rlm_query_batched([1, 2, 3].map((n) => ({ query: 'child ' + n, context: 'n' + n }))); FINAL(all.join())",
    ],
    ...Object.fromEntries(
      [1, 2, 3].map((n) => [`child ${n}`, [`const a = await llm_query('in ${n}'); print(a)`, "FINAL(a)"]]),
    ),
  };
  const wanted = "<in 1>,<in 2>,<in 3>";

  for (const how of ["by a map", "one by one", "by a map, in another object each time"] as const) {
    it(`rlm.invoke() has them answered ${how}, and pays nothing twice`, async () => {
      const { model, asked } = counting(codes);
      const store = memoryStore();
      const checkpointer = new MemorySaver();
      const open = (): Rlm<string, Interrupted> =>
        createRlm({ model, sandbox, store, checkpointer, limits: { depth: 2 }, review: ["code"] });
      let rlm = open();
      let result = await rlm.invoke({ query: "q", context }, thread);
      let most = 0;
      while (result.status === "interrupted") {
        const waiting = result[INTERRUPT];
        most = Math.max(most, waiting.length);
        const answered = how === "one by one" ? waiting.slice(0, 1) : waiting;
        if (how.includes("another")) rlm = open();
        const resume = Object.fromEntries(answered.map(({ id }) => [id, { type: "approve" }]));
        result = await rlm.invoke(new Command({ resume }), thread);
      }
      expect(most).toBe(3);
      expect(result.answer).toBe(wanted);
      expect(new Set(asked).size).toBe(asked.length);
      expect(asked).toHaveLength(10);
      expect(result.usage.calls).toBe(10);
      await replayTrajectory(await rlm.trajectory(result.runId), { context, sandbox });
    });
  }

  it("rlm.invoke() asks for a map where several wait, and takes no wrong one: the thread still waits", async () => {
    const { model } = counting(codes);
    const options = {
      model,
      sandbox,
      checkpointer: new MemorySaver(),
      limits: { depth: 2 },
      review: ["code"] as const,
    };
    const rlm = createRlm(options);
    await rlm.invoke({ query: "q", context }, thread);
    const waits = await rlm.invoke(new Command({ resume: true }), thread);
    const ids = waits.status === "interrupted" ? waits[INTERRUPT].map(({ id }) => id ?? "") : [];
    expect(ids).toHaveLength(3);
    const wrong: [unknown, RegExp][] = [
      [true, /^Cannot resume by one answer: 3 sessions wait; give them by id/],
      [{ ["0".repeat(32)]: true }, /the thread does not wait for 0{32}, but for/],
      [
        { [ids[0] ?? ""]: true, [ids[1] ?? ""]: "yes" },
        /^Cannot use the decision on the code: expected true, false or/,
      ],
      [{ [ids[0] ?? ""]: [true, true] }, /^Expected one decision for all requests, or a list of 1, got a list of 2/],
    ];
    for (const [resume, words] of wrong) {
      await expect(rlm.invoke(new Command({ resume }), thread)).rejects.toThrow(words);
      await expect(rlm.invoke(new Command({ resume }), thread)).rejects.toThrow(InputError);
    }
    expect(await rlm.invoke(null, thread)).toMatchObject({ status: "interrupted", [INTERRUPT]: [{}, {}, {}] });
    expect(await answer(rlm, await rlm.invoke(null, thread), [])).toMatchObject({ answer: wanted });
  });
});

describe("createRlmGraph() with review", () => {
  it("createRlmGraph() alone waits by an interrupt, and a wrong decision leaves it waiting", async () => {
    const store = memoryStore();
    const { model, asked } = counting({ q: ["print(1)", "FINAL('a')"] });
    const graph = createRlmGraph({ model, sandbox, store, checkpointer: new MemorySaver(), review: ["code"] });
    const [ref] = await storeContexts(context, store);
    const first = await graph.invoke({ query: "q", context: ref! }, thread);
    expect(isInterrupted(first)).toBe(true);
    await expect(graph.invoke(new Command({ resume: "yes" }), thread)).rejects.toThrow(
      "Cannot use the decision on the code",
    );
    const { tasks } = await graph.getState(thread);
    expect(tasks.flatMap(({ interrupts }) => interrupts)).toMatchObject([{ value: { requests: [{ kind: "code" }] } }]);
    await graph.invoke(new Command({ resume: true }), thread);
    expect(await graph.invoke(new Command({ resume: [true] }), thread)).toMatchObject({ answer: "a" });
    expect(asked).toEqual(["root q 1", "root q 2"]);
  });

  for (const kind of ["createRlm()", "createRlmGraph()"] as const) {
    it(`${kind} as a node of another graph: the interrupt comes to that one, and nothing is paid twice`, async () => {
      const store = memoryStore();
      const checkpointer = new MemorySaver();
      const { model, asked } = counting({ q: ["print(1)", "FINAL('a')"] });
      const options = { model, sandbox, store, checkpointer, review: ["code", "answer"] as const };
      const [ref] = await storeContexts(context, store);
      const rlm = createRlm(options);
      const graph = createRlmGraph(options);
      const parent = new StateGraph(new StateSchema({ q: z.string(), text: z.string().optional() }))
        .addNode("ask", async ({ q }, config) => {
          const result =
            kind === "createRlm()"
              ? await rlm.invoke({ query: q, context }, config)
              : await graph.invoke({ query: q, context: ref! }, config);
          return { text: "answer" in result ? String(result.answer) : "none" };
        })
        .addEdge(START, "ask")
        .addEdge("ask", END)
        .compile({ checkpointer });
      let result: unknown = await parent.invoke({ q: "q" }, thread);
      const kinds = [];
      while (isInterrupted<{ requests: ReviewRequest[] }>(result)) {
        kinds.push(...result[INTERRUPT].map(({ value }) => value?.requests[0]?.kind));
        result = await parent.invoke(new Command({ resume: true }), thread);
      }
      expect(kinds).toEqual(["code", "code", "answer"]);
      expect(result).toMatchObject({ text: "a" });
      expect(asked).toEqual(["root q 1", "root q 2"]);
    });
  }
});

const thread = { configurable: { thread_id: "t" } };

function requestsOf(result: unknown): ReviewRequest[] {
  if (!isInterrupted<{ requests: ReviewRequest[] }>(result)) throw new Error("the run does not wait");
  return result[INTERRUPT].flatMap(({ value }) => value?.requests ?? []);
}

/** Answers the questions of a run in their order, those that nothing is left for with yes, until it has its answer. */
async function answer(
  rlm: Rlm<string, Interrupted>,
  first: Awaited<ReturnType<Rlm<string, Interrupted>["invoke"]>>,
  answers: (boolean | Decision)[],
) {
  let result = first;
  while (result.status === "interrupted") {
    const resume = Object.fromEntries(
      result[INTERRUPT].map(({ id, value }) => [id, value?.requests.map(() => answers.shift() ?? true)]),
    );
    result = await rlm.invoke(new Command({ resume }), thread);
  }
  return result;
}
