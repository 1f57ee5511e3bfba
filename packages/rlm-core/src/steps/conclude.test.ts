import { expect, it } from "vitest";
import { SandboxError } from "../errors.ts";
import type { RlmEvent } from "../events.ts";
import { runLoop } from "../loop.ts";
import { scriptedModel } from "../testing/scripted-model.ts";
import { scriptedSandbox } from "../testing/scripted-sandbox.ts";

it("conclude() asks without the variables where they cannot be looked at, and warns", async () => {
  const scripted = scriptedSandbox([[{ output: "seen" }]]);
  const sandbox = {
    ...scripted,
    open: async (options: Parameters<typeof scripted.open>[0]) => {
      const session = await scripted.open(options);
      return Object.assign(session, {
        variables: () => Promise.reject(new SandboxError("Cannot inspect the variables: there is too much of them")),
      });
    },
  };
  const events: RlmEvent[] = [];
  const onEvent = (event: RlmEvent): void => void events.push(event);
  const model = scriptedModel(["```repl\nlook()\n```", "the best there is"]);
  const options = { model, limits: { directBelow: 0, turns: 1 }, onEvent };
  const result = await runLoop({ query: "q", context: "c" }, options, sandbox);
  expect(result).toMatchObject({ status: "concluded", limit: "turns", answer: "the best there is" });
  expect(events.filter(({ type }) => type === "warning")).toEqual([
    expect.objectContaining({ message: expect.stringMatching(/not shown its variables: .*too much/) }),
  ]);
  expect(scripted.sessions.every(({ closed }) => closed)).toBe(true);
});

it("conclude() shows the last turn in brief where the whole of it does not fit into what was held back", async () => {
  const prose = "seen ".repeat(4_000);
  const thrown = { output: `begin ${prose} end`, error: { kind: "thrown" as const, message: "no" } };
  const scripted = scriptedSandbox([[thrown], [thrown]]);
  const sandbox = {
    ...scripted,
    open: async (options: Parameters<typeof scripted.open>[0]) => {
      const session = await scripted.open(options);
      const variable = { type: "string", size: "9 characters", preview: "v".repeat(200) };
      const variables = async () => Array.from({ length: 40 }, (_, at) => ({ ...variable, name: `kept${at}` }));
      return Object.assign(session, { variables });
    },
  };
  const play = async (tokens: number) => {
    const warnings: string[] = [];
    const onEvent = (event: RlmEvent): void => void (event.type === "warning" && warnings.push(event.message));
    const model = scriptedModel([`${prose}\n\`\`\`repl\nlook()\n\`\`\``, "the best there is"]);
    const options = { model, limits: { directBelow: 0, turns: 1, maxOutputTokens: 8_000, tokens }, onEvent };
    const result = await runLoop({ query: "q", context: "c" }, options, sandbox);
    expect(result).toMatchObject({ status: "concluded", limit: "turns", answer: "the best there is" });
    return { warnings, asked: model.calls.at(-1)?.messages ?? [], first: model.calls[0]?.messages ?? [] };
  };
  const whole = await play(100_000);
  expect(whole.warnings).toEqual([]);
  expect(whole.asked.at(-1)?.content).toContain(prose.trim());
  expect(whole.asked.at(-1)?.content).toContain("kept39");

  const brief = await play(24_000);
  expect(brief.warnings).toEqual([expect.stringMatching(/last turn in brief.*limits.tokens is 24000/)]);
  expect(brief.asked).toHaveLength(4);
  expect(brief.asked[0]).toEqual(brief.first[0]);
  expect(brief.asked[2]?.content).toMatch(/^seen [\s\S]*\n\[19,?\d+ characters left out\]\n[\s\S]*```$/);
  const last = brief.asked[3]?.content ?? "";
  expect(last).toMatch(/begin seen [\s\S]*characters left out[\s\S]* end\n/);
  expect(last).toMatch(/kept0 \(string, 9 characters\): v{200}\n/);
  expect(last).not.toContain("kept9");
  expect(last.length).toBeLessThan(4_000);
});
