import { Command, INTERRUPT, isInterrupted, MemorySaver } from "@langchain/langgraph";
import { isolate, memoryStore, type ChatMessage, type ReviewRequest, type Sandbox } from "rlm-core";
import { scriptedModel } from "rlm-core/testing";
import { afterAll, describe, expect, it } from "vitest";
import { createRlm } from "./create-rlm.ts";

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

describe("options and forms of review", () => {
  it("createRlm() refuses review without approve and without a checkpointer, at construction", () => {
    const options = { model: scriptedModel([]), review: ["code"] as const };
    expect(() => createRlm(options)).toThrow(/options.review needs a checkpointer.*or options.approve/);
    expect(() => createRlm({ ...options, review: ["codes"] as never, checkpointer: new MemorySaver() })).toThrow(
      'Expected options.review to be a list of code, budget, answer, got "codes"',
    );
    expect(() => createRlm({ ...options, approve: () => true })).not.toThrow();
  });

  it("rlm.answer says that the run waits, and rlm.stream() streams the interrupt and goes on", async () => {
    const { model } = counting({ q: ["print(1)", "FINAL('a')"] });
    const rlm = createRlm({ model, sandbox, checkpointer: new MemorySaver(), review: ["answer"] });
    await expect(rlm.answer.invoke({ query: "q", context }, thread)).rejects.toThrow(
      "Cannot give the answer alone: the run waits for a person",
    );
    const chunks: object[] = [];
    for await (const chunk of await rlm.stream(null, { ...thread, streamMode: "updates" })) chunks.push(chunk);
    expect(chunks.at(-1)).toHaveProperty(INTERRUPT);
    for await (const chunk of await rlm.stream(new Command({ resume: true }), { ...thread, streamMode: "updates" }))
      chunks.push(chunk);
    expect(chunks.at(-1)).toMatchObject({ review: { answer: "a" } });
    await expect(rlm.invoke(new Command({ resume: true }), thread)).rejects.toThrow(
      "Cannot resume by a Command: the thread waits for no answer",
    );
  });

  it("createRlm() keeps the type of its result where no run can wait", async () => {
    const { model } = counting({ q: ["print(1)", "FINAL('a')"] });
    const plain = createRlm({ model, sandbox, review: ["code"], approve: () => true });
    const text: string = (await plain.invoke({ query: "q", context })).answer;
    expect(text).toBe("a");
  });

  it("a run that waits holds no sandbox, and raised limits hold after it", async () => {
    const { model, asked } = counting({
      q: ["const all = await llm_query_batched(['a', 'b', 'c', 'd']); FINAL(all.join())"],
    });
    const own = counted();
    const store = memoryStore();
    const checkpointer = new MemorySaver();
    const options = {
      model,
      sandbox: own.sandbox,
      store,
      checkpointer,
      review: ["budget"] as const,
      limits: { calls: 3 },
    };
    const waits = await createRlm(options).invoke({ query: "q", context }, thread);
    expect(own.count()).toBe(0);
    expect(requestsOf(waits)).toMatchObject([{ kind: "budget", limit: "calls", max: 3, spent: 2, calls: 3 }]);
    const raised = await createRlm(options).invoke(new Command({ resume: { type: "approve", max: 4 } }), thread);
    expect(requestsOf(raised)).toMatchObject([{ kind: "budget", limit: "calls", max: 4, spent: 3, calls: 2 }]);
    const done = await createRlm(options).invoke(new Command({ resume: true }), thread);
    expect(done).toMatchObject({ status: "final", answer: "<a>,<b>,<c>,<d>" });
    expect(asked.toSorted()).toEqual(["root q 1", "sub a", "sub b", "sub c", "sub d"]);
  });

  it("rlm.fork() of a run whose limit was raised has the raised one", async () => {
    const { model } = counting({ q: ["print(1)", "print(2)", "print(3)", "FINAL('a')"] });
    const options = {
      model,
      sandbox,
      checkpointer: new MemorySaver(),
      review: ["budget"] as const,
      limits: { calls: 3 },
    };
    const rlm = createRlm(options);
    await rlm.invoke({ query: "q", context }, thread);
    await rlm.invoke(new Command({ resume: { type: "approve", max: 4 } }), thread);
    const forked = await rlm.fork(thread, { query: "other" });
    const { values } = await rlm.graph.getState(forked);
    expect(values).toMatchObject({ beginning: { limits: { calls: 4 } } });
  });
});

/** The sandbox, and how many of its sessions are open. */
function counted(): { sandbox: Sandbox; count(): number } {
  let count = 0;
  const open: Sandbox["open"] = async (options) => {
    const session = await sandbox.open(options);
    count++;
    const close = session.close.bind(session);
    let closed = false;
    session.close = async () => {
      await close();
      if (!closed) count--;
      closed = true;
    };
    return session;
  };
  return { sandbox: { ...sandbox, open }, count: () => count };
}

const thread = { configurable: { thread_id: "t" } };

function requestsOf(result: unknown): ReviewRequest[] {
  if (!isInterrupted<{ requests: ReviewRequest[] }>(result)) throw new Error("the run does not wait");
  return result[INTERRUPT].flatMap(({ value }) => value?.requests ?? []);
}
