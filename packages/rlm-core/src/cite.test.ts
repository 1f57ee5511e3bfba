import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from "vitest";
import { named, resumeRlm, runRlm, type Citation, type RlmResult } from "./index.ts";
import { isolate } from "./sandboxes/isolate/isolate.ts";
import { scriptedModel } from "./testing/scripted-model.ts";
import { scriptedSandbox } from "./testing/scripted-sandbox.ts";
import { replayTrajectory } from "./replay-trajectory.ts";
import { readTrajectory, trajectoryWriter } from "./trajectory.ts";

const sandbox = isolate();
const folder = mkdtempSync(join(tmpdir(), "rlm-cite-"));
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await sandbox.close();
});

const report = "Report of 1904.\nThe valve was  closed\nat noon by “Mr. Grey”.\nNobody was hurt.\n";
const context = named({
  report,
  rows: [{ text: "The pump ran for nine hours." }, { text: "Pumps were sold in May." }],
});
const block = (code: string): string => `\`\`\`repl\n${code}\n\`\`\``;
const limits = { directBelow: 0, turns: 6 };
const valve = { claim: "The valve was closed at noon.", quote: "the valve was open at noon" };

describe("runRlm({ cite: true })", () => {
  const trace = join(folder, "run.jsonl");
  const replies = [
    block("print(report.length); FINAL('closed at noon')"),
    block(
      `FINAL("closed at noon", [{ claim: "It was closed.", quote: "The valve was  closed\\nat 12 by Mr. Grey" }, { claim: "Nobody hurt", quote: "Nobody" }])`,
    ),
    block(`FINAL("closed at noon", [
      { claim: "It was closed.", quote: 'The valve was closed at noon by "Mr. Grey"', source: "report" },
      { claim: "The pump ran.", quote: "The pump ran for nine hours.", source: "rows" },
    ])`),
  ];
  const expected: Citation[] = [
    {
      claim: "It was closed.",
      source: "report",
      start: 16,
      end: 59,
      quote: "The valve was  closed\nat noon by “Mr. Grey”",
    },
    { claim: "The pump ran.", source: "rows", key: "0.text", start: 0, end: 28, quote: "The pump ran for nine hours." },
  ];
  let run: Awaited<ReturnType<typeof cited>>;
  const model = scriptedModel(replies);
  async function cited() {
    const { onEvent, close } = trajectoryWriter(trace);
    const result = await runRlm(
      { query: "What of the valve?", context },
      { model, sandbox, cite: true, limits, onEvent },
    );
    await close();
    return result;
  }
  beforeAll(async () => {
    run = await cited();
  });

  it("gives for each claim the passage as the source has it, and refuses what stands nowhere", async () => {
    expect(run).toMatchObject({ answer: "closed at noon", status: "final", citations: expected });
    expect(run).not.toHaveProperty("unverified");
    expect(report.slice(16, 59)).toBe(expected[0]?.quote);
    const heard = model.calls.map(({ messages }) => messages.at(-1)?.content ?? "");
    expect(heard[1]).toMatch(/FINAL was not accepted: it has no evidence/);
    expect(heard[2]).toMatch(
      /evidence 1, "It was closed.": the quote stands nowhere[^]*The nearest is, in report: "Report of 1904/,
    );
    expect(heard[2]).toMatch(/evidence 2, "Nobody hurt": the quote is too short/);
    expect(model.calls[0]?.messages[0]?.content).toMatch(/FINAL\(value, evidence\)/);
  });

  it("is in the trajectory, replays, and gives the same from a trajectory that was cut off behind FINAL", async () => {
    const trajectory = await readTrajectory(trace);
    const sessions = await replayTrajectory(trajectory, { context, sandbox });
    expect(sessions).toHaveLength(1);
    const lines = readFileSync(trace, "utf8").trimEnd().split("\n");
    writeFileSync(trace, `${lines.slice(0, -1).join("\n")}\n`);
    const none = scriptedModel([]);
    const again = await resumeRlm({ trajectory: trace, context }, { model: none, sandbox });
    expect(again).toMatchObject({ answer: "closed at noon", citations: expected });
    expect(await resumeRlm({ trajectory: trace, context }, { model: none, sandbox })).toEqual(again);
  });

  it("takes a bare answer at the second try, JSON beside it, and both in one object", async () => {
    const bare = scriptedModel([
      block("print(1); FINAL('not in the context', [])"),
      block("FINAL('not in the context', [])"),
    ]);
    expect(await runRlm({ query: "q", context }, { model: bare, sandbox, cite: true, limits })).toMatchObject({
      answer: "not in the context",
      citations: [],
    });
    const quote = "Pumps were sold in May.";
    const asked: unknown[] = [];
    const result = await runRlm(
      { query: "q", context },
      {
        model: scriptedModel([
          block(`print(1); FINAL({ answer: { month: "May" }, evidence: [{ claim: "c", quote: "${quote}" }] })`),
        ]),
        sandbox,
        cite: true,
        limits,
        review: ["answer"],
        approve: (request) => {
          asked.push(request);
          return { type: "edit", answer: { month: "June" } };
        },
        responseFormat: { type: "object", properties: { month: { type: "string" } }, required: ["month"] },
      },
    );
    const citations = [{ claim: "c", source: "rows", key: "1.text", start: 0, end: quote.length, quote }];
    expect(asked).toMatchObject([{ kind: "answer", answer: { month: "May" }, citations }]);
    expect(result).toMatchObject({ answer: { month: "June" }, citations });
  });

  it("holds a direct answer, and one at a limit, against the contexts, and says what stands nowhere", async () => {
    const reply = JSON.stringify({
      answer: "at noon",
      evidence: [{ claim: "Closed.", quote: "The valve was closed at noon", source: "report" }, valve],
    });
    const quote = "The valve was  closed\nat noon";
    const citations = [{ claim: "Closed.", source: "report", start: 16, end: 45, quote }];
    const direct = { model: scriptedModel(["no JSON", reply]), sandbox, cite: true } as const;
    expect(await runRlm({ query: "q", context }, direct)).toMatchObject({
      status: "direct",
      answer: "at noon",
      citations,
      unverified: [valve],
    });
    const last = {
      model: scriptedModel([block("print(1)"), reply]),
      sandbox,
      cite: true,
      limits: { ...limits, turns: 1 },
    } as const;
    expect(await runRlm({ query: "q", context }, last)).toMatchObject({
      status: "concluded",
      answer: "at noon",
      citations,
      unverified: [valve],
    });
  });

  it("does not believe a sandbox that forges a citation", async () => {
    const forged = { ...expected[0], quote: "x".repeat(43) };
    const hostile = scriptedSandbox([[{ answer: { answer: "a", citations: [forged] } }]]);
    const model = scriptedModel([block("print(1)")]);
    await expect(runRlm({ query: "q", context }, { model, sandbox: hostile, cite: true, limits })).rejects.toThrow(
      /Cannot believe the sandbox: it gave a citation that is not in its context "report": "xxx/,
    );
  });

  it("has citations in its type only with cite", () => {
    const options = { model, sandbox };
    expectTypeOf<Awaited<ReturnType<typeof cited>>>().toExtend<RlmResult & { citations: Citation[] }>();
    const plain = async (): Promise<RlmResult> => await runRlm({ query: "q", context }, options);
    expectTypeOf<Awaited<ReturnType<typeof plain>>>().not.toHaveProperty("citations");
  });
});
