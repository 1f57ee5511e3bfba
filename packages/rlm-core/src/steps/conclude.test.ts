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
