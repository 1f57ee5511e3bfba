import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { resumeRlm, runRlm } from "../index.ts";
import { scriptedModel } from "../testing/index.ts";
import { trajectoryWriter } from "../trajectory.ts";

const calls = { text: "", toolCalls: [{ id: "w1", name: "get_weather", args: { city: "Oslo" } }] };
const look = "```repl\nprint(context.length)\n```";
const input = { query: "How is the weather?", context: "a".repeat(1_000) };
const limits = { directBelow: 0 };

it("runRlm() ends with the calls of functions in a root reply, and runs no code beside them", async () => {
  const model = scriptedModel([look, { ...calls, text: `I ask.\n${look}` }]);
  const result = await runRlm(input, { model, limits });
  expect(result).toMatchObject({ status: "tool_calls", toolCalls: calls.toolCalls });
  expect(result.answer).toContain("I ask.");
  expect(result.usage.calls).toBe(2);
});

it("runRlm() ends with calls of functions also in one plain call, and at a limit, with a response format", async () => {
  const responseFormat = { type: "object" };
  const direct = await runRlm(input, { model: scriptedModel([calls]), responseFormat });
  expect(direct).toMatchObject({ status: "tool_calls", answer: "", toolCalls: calls.toolCalls });
  const model = scriptedModel([look, calls]);
  const concluded = await runRlm(input, { model, responseFormat, limits: { ...limits, turns: 1 } });
  expect(concluded).toMatchObject({ status: "tool_calls", limit: "turns", toolCalls: calls.toolCalls });
});

it("runRlm() takes no calls of functions from sub-calls", async () => {
  const subModel = scriptedModel([{ ...calls, text: "no calls here" }]);
  const model = scriptedModel([look, "```repl\nFINAL(await llm_query('x'))\n```"]);
  expect(await runRlm(input, { model, subModel, limits })).toMatchObject({ status: "final", answer: "no calls here" });
});

it("resumeRlm() gives recorded calls of functions without a model call, also where the run's end is not recorded", async () => {
  const path = join(await mkdtemp(join(tmpdir(), "rlm-calls-")), "run.jsonl");
  const writer = trajectoryWriter(path);
  const { usage, ...result } = await runRlm(input, {
    model: scriptedModel([look, calls]),
    limits,
    onEvent: writer.onEvent,
  });
  await writer.close();
  const { readFile, writeFile } = await import("node:fs/promises");
  const whole = await readFile(path, "utf8");
  const asked = scriptedModel([]);
  const resume = async (): Promise<object> =>
    await resumeRlm({ trajectory: path, context: input.context }, { model: asked });
  expect(await resume()).toMatchObject({ ...result });
  await writeFile(path, whole.replace(/[^\n]*"type":"run-end"[^\n]*\n/, ""));
  expect(await resume()).toMatchObject({ ...result, usage: { calls: usage.calls } });
  expect(asked.calls).toHaveLength(0);
});
