import { describe, expect, it } from "vitest";
import { testMachine } from "../testing/test-machine.ts";

describe("FINAL()", () => {
  it("takes a string as text and all else as JSON", () => {
    for (const [value, answer] of [
      ["'yes'", { text: "yes", json: false }],
      ["5", { text: "5", json: true }],
      ["null", { text: "null", json: true }],
      ["{ a: [1], when: new Date(0) }", { text: '{"a":[1],"when":"1970-01-01T00:00:00.000Z"}', json: true }],
    ] as const) {
      expect(testMachine().run(`print(1); FINAL(${value}); print(2)`)).toMatchObject({
        answer,
        output: { text: "1\n" },
      });
    }
  });

  it("refuses what JSON cannot hold and says why", () => {
    const { run } = testMachine();
    run("print('looked')");
    for (const [value, reason] of [
      ["undefined", /is undefined/],
      ["() => 1", /is a function/],
      ["NaN", /NaN is no number/],
      ["1n", /cannot be written as JSON/],
      ["(() => { const a = {}; a.a = a; return a })()", /circular/],
      ["new Map()", /a map has no form in JSON/],
      ["Promise.resolve(1)", /put `await` before it/],
      ["new Error('lost')", /the value is an error \(Error: lost/],
      ["'x'.repeat(100001)", /has 100,001 characters, at most 100,000/],
    ] as const) {
      const done = run(`FINAL(${value})`);
      expect([done.error?.kind, done.answer]).toEqual(["answer", undefined]);
      expect(done.error?.message).toMatch(reason);
    }
  });

  it("is refused once in the first block if nothing was printed and no call made", () => {
    const { run } = testMachine();
    const first = run("FINAL('guess')");
    expect(first.error).toMatchObject({
      kind: "answer",
      message: expect.stringMatching(/Look at the context first[\s\S]*block-1\.js:1:1$/),
    });
    expect(run("FINAL('guess')").answer?.text).toBe("guess");
    expect(testMachine().run("try { FINAL('a') } catch { FINAL('b') }").answer?.text).toBe("b");
  });

  it("is accepted in the first block after a call", () => {
    expect(testMachine().run("FINAL(await llm_query('q'))", () => "reply").answer?.text).toBe("reply");
  });

  it("holds the answer against the response format, and makes a string JSON", () => {
    const responseFormat = { type: "object", properties: { n: { type: "integer" } }, required: ["n"] };
    const { run } = testMachine({ responseFormat });
    const misfit = run("print(1); try { FINAL({ n: 'five' }) } catch (error) { print(error.message) }");
    expect(misfit.output.text).toMatch(/does not fit the response format: .*n.*integer/);
    expect(run(`FINAL('{"n":5}')`).error?.message).toMatch(/pass the value itself, not its JSON text/);
    expect(run("FINAL({ n: 5 })").answer).toEqual({ text: '{"n":5}', json: true });
    expect(testMachine({ responseFormat: { enum: ["yes", "no"] } }).run("print(1); FINAL('yes')").answer).toEqual({
      text: '"yes"',
      json: true,
    });
  });

  it("ends the block whatever the code does then, with calls under way", () => {
    const { machine, run } = testMachine();
    const code = `llm_query('open'); print('x');
      try { FINAL('first') } catch (end) { print(end.message); try { await llm_query('more') } catch {} try { FINAL('second') } catch {} }
      print('after')`;
    expect(run(code)).toMatchObject({ answer: { text: "first" }, output: { text: "x\n" } });
    expect(() => machine.resume({ id: 1, ok: true, value: { text: "", json: false } })).toThrow(/not waiting/);
  });

  it("is done at once where another part of the code waits", () => {
    const { run } = testMachine();
    const done = run(
      "const slow = llm_query('slow'); llm_query('fast').then((text) => FINAL(text)); await slow",
      ({ prompt }) => {
        if (prompt === "slow") return "s";
        return prompt;
      },
    );
    expect(done.answer?.text).toBe("fast");
  });

  it("counts though the code then loops for ever", () => {
    const { run } = testMachine({ computeMs: 60 });
    const done = run("print(1); try { FINAL('done') } catch {} while (true);");
    expect([done.answer?.text, done.error]).toEqual(["done", undefined]);
  });

  it("does not count from a kit, but from the code that a kit calls back", () => {
    const functions = {
      own: String(() => Reflect.get(globalThis, "FINAL")("kit")),
      call: String((visit: (n: number) => void) => visit(5)),
    };
    const { run } = testMachine({ kits: [{ name: "kit", functions }] });
    expect(run("print(1); kit.own()").error?.message).toMatch(/only the code of the reply itself may call it/);
    expect(run("kit.call((n) => FINAL(n))").answer?.text).toBe("5");
  });

  it("cannot be called with an answer that changes while it is checked", () => {
    const { run } = testMachine({ responseFormat: { type: "integer" } });
    const done = run("let n = 0; print(1); FINAL({ toJSON() { return n++ === 0 ? 7 : 'other' } })");
    expect(done.answer).toEqual({ text: "7", json: true });
  });
});
