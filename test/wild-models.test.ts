import { afterAll, describe, expect, it } from "vitest";
import { isolate, runRlm, RlmError, type ModelReply, type RlmEvent } from "rlm-core";
import { repl, ruleModel, turnOf } from "./scenario.ts";

const sandbox = isolate();
afterAll(() => sandbox.close());

/** A provider's error that is worth another request, at once. */
function busy(): Error {
  return Object.assign(new Error("busy"), { status: 503, headers: new Headers({ "retry-after-ms": "1" }) });
}

/** A run whose root plays `codes`, and whose sub-calls are answered by their prompt and how often it came before. */
async function play(
  codes: string[],
  answer: (prompt: string, before: number) => string | ModelReply,
  root: (turn: number, before: number) => void = () => {},
) {
  const events: RlmEvent[] = [];
  const seen = new Map<string, number>();
  const model = ruleModel((messages, { purpose }) => {
    const prompt = purpose === "sub" ? (messages[0]?.content ?? "") : `turn ${turnOf(messages)}`;
    const before = seen.get(prompt) ?? 0;
    seen.set(prompt, before + 1);
    if (purpose === "sub") return answer(prompt, before);
    if (purpose === "conclude") return "the best there is";
    root(turnOf(messages), before);
    return repl(codes[turnOf(messages) - 1] ?? "");
  });
  const running = runRlm(
    { query: "q", context: "the context" },
    { model, sandbox, limits: { directBelow: 0 }, onEvent: (event) => events.push(event) },
  );
  const warnings = () => events.flatMap((event) => (event.type === "warning" ? [event.message] : []));
  return { running, warnings, model, seen, events };
}

describe("runRlm() with models in the wild", () => {
  it("runRlm() goes on after errors that pass, of the root and of sub-calls", async () => {
    const flaky = (_what: unknown, before: number): string => {
      if (before < 2) throw busy();
      return "re";
    };
    const { running, warnings } = await play(["FINAL(await llm_query('a'))"], flaky, (turn, before) => {
      flaky(turn, before);
    });
    expect(await running).toMatchObject({ status: "final", answer: "re", usage: { calls: 2, estimated: false } });
    // Of the second try and of the third, once a run.
    expect(warnings()).toHaveLength(2);
  });

  it("runRlm() puts an error with a code into the slot of the one of twenty that fails to the end", async () => {
    const code = `const all = await llm_query_batched(Array.from({ length: 20 }, (_, at) => "p" + at));
      const failed = all.filter((one) => one instanceof Error);
      FINAL([all.length - failed.length, failed.length, all.indexOf(failed[0]), failed[0].code, failed[0].message].join(" | "))`;
    const { running, seen } = await play([code], (prompt) => {
      if (prompt === "p7") throw busy();
      return `re ${prompt}`;
    });
    expect((await running).answer).toMatch(
      /^19 \| 1 \| 7 \| model \| Cannot get a reply from the model "model": busy \(asked 4 times\); /,
    );
    expect([seen.get("p7"), seen.get("p8")]).toEqual([4, 1]);
  });

  it("runRlm() tells code that a limit refused from a model that failed", async () => {
    const code = `const all = await llm_query_batched(Array.from({ length: 220 }, () => "p"));
      print([...new Set(all.filter((one) => one instanceof Error).map((one) => one.code))].join())`;
    const { running, events } = await play([code], () => "re");
    expect(await running).toMatchObject({ status: "concluded", limit: "calls" });
    const ends = events.flatMap((event) =>
      event.type === "journal" && event.event.type === "end" ? [event.event] : [],
    );
    expect(ends.map(({ output }) => output.text)).toEqual(["budget\n"]);
  });

  it("runRlm() ends with a clear error where the root model fails to the end, and asks at once no more where that is of no use", async () => {
    const tried = await play(
      [],
      () => "",
      () => {
        throw busy();
      },
    );
    const error = await tried.running.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(RlmError);
    expect(error).toMatchObject({
      code: "model",
      message: expect.stringMatching(/busy \(asked 4 times\); its server/),
    });
    expect(tried.model.calls).toHaveLength(4);
    expect(tried.events.at(-1)).toMatchObject({ type: "run-end", status: "failed", error: (error as Error).message });
    const key = await play(
      [],
      () => "",
      () => {
        throw Object.assign(new Error("Incorrect API key provided: sk-secret-12345"), { status: 401 });
      },
    );
    await expect(key.running).rejects.toThrow(/provided: \[key\]; check the key/);
    expect(key.model.calls).toHaveLength(1);
  });

  it("runRlm() asks for a cut and for an empty reply again, and counts usage that is missing", async () => {
    const { running, warnings } = await play(
      ["FINAL(await llm_query_batched(['cut', 'empty', 'plain']))"],
      (prompt, before) => {
        if (prompt === "cut" && before === 0) return { text: "hal", finishReason: "length" };
        return { text: prompt === "empty" && before === 0 ? "<think>…</think>" : `whole ${prompt}` };
      },
    );
    const { answer, usage } = await running;
    expect(JSON.parse(answer)).toEqual(["whole cut", "whole empty", "whole plain"]);
    expect(usage).toMatchObject({ calls: 6, estimated: true });
    expect(usage.outputTokens).toBeGreaterThan(6);
    expect(warnings()).toHaveLength(2);
  });

  it("runRlm() gives the code an error instead of a reply to half of a prompt, and it may send pieces", async () => {
    const code = `const ask = async (text) => {
        const [reply] = await llm_query_batched([text]);
        if (!(reply instanceof Error)) return reply;
        const most = Number(/at most about ([\\d,]+) characters/.exec(reply.message)[1].replaceAll(",", ""));
        const pieces = [];
        for (let at = 0; at < text.length; at += most) pieces.push(text.slice(at, at + most));
        const parts = await llm_query_batched(pieces);
        return reply.code + " " + parts.join();
      };
      FINAL(await ask("The committee met in the morning and voted to adjourn. ".repeat(900)))`;
    const { running, warnings } = await play([code], (prompt) => ({
      text: "read",
      // Ten tokens a sentence of 55 characters, in a window of 4,096.
      usage: { inputTokens: Math.min(4096, Math.round(prompt.length / 5)), outputTokens: 1 },
    }));
    expect((await running).answer).toMatch(/^model (read,?){2,6}$/);
    expect(warnings()).toEqual([expect.stringMatching(/does not read its whole prompt.*4,096/)]);
  });
});
