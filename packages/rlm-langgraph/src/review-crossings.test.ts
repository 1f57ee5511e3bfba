import { Command, MemorySaver } from "@langchain/langgraph";
import { isolate, memoryStore, type ChatMessage, type Model, type ReviewPoint } from "rlm-core";
import { replayTrajectory } from "rlm-core/replay";
import { afterAll, describe, expect, it } from "vitest";
import { createRlm } from "./create-rlm.ts";

const sandbox = isolate({ warm: 0 });
afterAll(() => sandbox.close());

const context = "word ".repeat(20_000);
const thread = { configurable: { thread_id: "t" } };

/** A thread whose questions are their own code, a line a turn; `open` opens it anew, as another process does. */
function setup(review: ReviewPoint[], limits: object = {}) {
  const asked: ChatMessage[][] = [];
  const model: Model = async (messages) => {
    asked.push([...messages]);
    const question = /^Question: (.*)$/ms.exec(messages[1]?.content ?? "")?.[1]?.split("\n\n")[0] ?? "";
    const turn = messages.filter(({ role }) => role === "assistant").length;
    const code = question.split("\n")[turn] ?? "FINAL('no more code')";
    return { text: `\`\`\`repl\n${code}\n\`\`\``, usage: { inputTokens: 1, outputTokens: 1 } };
  };
  const kept = { store: memoryStore(), checkpointer: new MemorySaver() };
  const options = { model, sandbox, review, limits: { directBelow: 0, ...limits }, ...kept };
  return { asked, open: () => createRlm(options) };
}

describe("a further question where a person was asked before", () => {
  const query = "const kept = 7; print(kept)\nFINAL('unseen')";

  it("rlm.invoke() does not tell of an answer that nobody has accepted, and tells what a person made of one", async () => {
    const { asked, open } = setup(["answer"]);
    const rlm = open();
    expect(await rlm.invoke({ query, context }, thread)).toMatchObject({ status: "interrupted" });
    const second = await rlm.invoke({ query: "print(kept)\nFINAL('second ' + kept)" }, thread);
    expect(second).toMatchObject({
      __interrupt__: [{ value: { requests: [{ kind: "answer", answer: "second 7" }] } }],
    });
    expect(asked.at(-1)?.[1]?.content).not.toContain("The answer to the newest of them began");
    await rlm.invoke(new Command({ resume: { type: "edit", answer: "a person's" } }), thread);
    const third = await open().invoke({ query: "print(kept)\nFINAL(kept)" }, thread);
    expect(asked.at(-1)?.[1]?.content).toMatch(/The answer to the newest of them began:\n<answer-\w+>\na person's\n/);
    const ended = await open().invoke(new Command({ resume: true }), thread);
    expect(ended).toMatchObject({ answer: "7", runId: (third as { runId: string }).runId });
    const trajectory = await open().trajectory((third as { runId: string }).runId);
    expect(await replayTrajectory(trajectory, { context, sandbox })).toHaveLength(1);
  });

  it("rlm.invoke() tells what a person said there, and of a rejected answer how it began", async () => {
    const { asked, open } = setup(["code", "answer"]);
    const said = async (decision: unknown) => await open().invoke(new Command({ resume: decision }), thread);
    const secret = "const found = 'They say: ' + 7; print(1)\nprint(found)\nFINAL(found)\nFINAL(found + ' in all')";
    await open().invoke({ query: secret, context }, thread);
    await said({ type: "reject", message: "Do not look at 7." });
    await said({ type: "edit", code: "const found = 'They say: ' + 8; print(found)" });
    await said(true);
    await said({ type: "reject", message: "Say in all." });
    expect(asked.at(-1)?.at(-1)?.content).toMatch(
      /^A person did not accept your answer, which began:\n<answer-\w+>\nThey say: 8\n<\/answer-\w+>\nThey say, and it holds from here on: Say in all\.\n\nThe variables/,
    );
    await said(true);
    expect(await said(true)).toMatchObject({ answer: "They say: 8 in all" });
    await open().invoke({ query: "print(found)" }, thread);
    expect(asked.at(-1)?.[1]?.content).toContain(
      "It still holds, as far as it bears on this question:\n- Do not look at 7.\n- Say in all.\n\nThey were answered",
    );
  });

  it("rlm.invoke() drops code that waits for a person", async () => {
    const { open } = setup(["code"]);
    const rlm = open();
    await rlm.invoke({ query: "let n = 1; print(n)\nn = 2; print(n)", context }, thread);
    await rlm.invoke(new Command({ resume: true }), thread);
    const second = await rlm.invoke({ query: "print(n)\nFINAL(n)" }, thread);
    expect(second).toMatchObject({ __interrupt__: [{ value: { requests: [{ kind: "code", code: "print(n)" }] } }] });
    await open().invoke(new Command({ resume: true }), thread);
    expect(await open().invoke(new Command({ resume: true }), thread)).toMatchObject({ answer: "1" });
  });
});

it("rlm.invoke() raises a limit to what the person was shown, also in another process", async () => {
  const { open } = setup(["budget"], { tokens: 20_000, maxOutputTokens: 40_000 });
  const shown = await open().invoke({ query: "print(1)\nFINAL(2)", context }, thread);
  const { requests } = (shown as { __interrupt__: { value: { requests: { kind: string; suggested: number }[] } }[] })
    .__interrupt__[0]!.value;
  expect(requests).toMatchObject([{ kind: "budget", limit: "tokens" }]);
  // More than twice the limit, for what was refused: which only this process knows.
  expect(requests[0]?.suggested).toBeGreaterThan(40_000);
  const after = await open().invoke(new Command({ resume: true }), thread);
  const trajectory = await open().trajectory((after as { runId: string }).runId);
  const reviews = [...trajectory.runs.values()].flatMap(({ journal }) =>
    journal.filter(({ type }) => type === "review"),
  );
  expect(reviews[0]).toMatchObject({ limit: "tokens", max: requests[0]?.suggested });
});

describe("a limit of the tree at which several sessions wait", () => {
  it.each([
    [[true, true], 8],
    [[{ type: "approve", max: 20 }, { type: "approve" }], 20],
  ])("rlm.invoke() takes the answers of persons one by one: %j", async (answers, max) => {
    const children =
      "Promise.all(['FINAL(1)', 'FINAL(2)'].map((end) => rlm_query('print(context)\\n' + end, 'piece')))";
    const { open, asked } = setup(["budget"], { depth: 2, calls: 4 });
    let result = await open().invoke({ query: `FINAL((await ${children}).join())`, context }, thread);
    for (const answer of answers) {
      const [first] =
        (result as { __interrupt__?: { id?: string; value?: { requests: object[] } }[] }).__interrupt__ ?? [];
      expect(first?.value?.requests).toMatchObject([{ kind: "budget", limit: "calls", max: 4, suggested: 8 }]);
      result = await open().invoke(new Command({ resume: { [first?.id ?? ""]: answer } }), thread);
    }
    expect(result).toMatchObject({ status: "final", answer: "1,2" });
    expect(asked).toHaveLength(5);
    const { runs } = await open().trajectory((result as { runId: string }).runId);
    const raised = [...runs.values()].flatMap(({ budget }) => budget.filter(({ type }) => type === "raise"));
    expect(raised).toMatchObject([{ max }]);
  });
});
