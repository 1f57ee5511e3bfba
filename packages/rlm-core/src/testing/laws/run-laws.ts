import assert from "node:assert/strict";
import { SandboxError } from "../../errors.ts";
import { contextContent } from "../../file-ref.ts";
import type { TaskEvent } from "../../journal.ts";
import type { SessionContext } from "../../sandbox.ts";
import { law, type SandboxLaw } from "./law.ts";
import { doneOf, printedBy } from "./recorder.ts";
import type { Recorded } from "./recorder.ts";

/** Further runs in one REPL: which contexts have which names in them, live and in a replay. */
export const runLaws: readonly SandboxLaw[] = [
  law("a further run finds the variables, and the contexts of all runs by number", async (bench) => {
    const repl = await bench.open({}, { context: "first" });
    await repl.finish("const kept = context + typeof context_0; print(kept)");
    await begin(repl);
    const seen = "print(kept, context, context_0, typeof context_1, find('i').total)";
    assert.equal(printedBy(await repl.run(seen)), "firstundefined first first undefined 1");
    const rebuilt = await bench.replay(repl);
    assert.equal(rebuilt.session.digest, repl.session.digest);
    assert.deepEqual(await rebuilt.session.inspect(), await repl.session.inspect());
  }),

  law("a run with a context of its own finds it as context, after a replay with all of them", async (bench) => {
    const repl = await bench.open({}, { context: "first" });
    await repl.finish("const kept = () => context; const own = typeof context_1 + typeof rows; print(context)");
    const more = await bench.brings(repl, 1, { context: { second: [1] } });
    await begin(more);
    const seen = "print(own, kept().second, context.second.length, context_0, context_1 === context)";
    assert.equal(printedBy(await more.run(seen)), "undefinedundefined [1] 1 first true");
    const third = await bench.brings(more, 2, { rows: ["x"], names: "y" });
    await begin(third);
    const all = "print(context.names, rows[0], context === context_2, rows_2 === rows, context_1.second[0], context_0)";
    assert.equal(printedBy(await third.run(all)), "y x true true 1 first");
    const rebuilt = await bench.replay(third);
    assert.equal(rebuilt.session.digest, third.session.digest);
    assert.equal((await rebuilt.session.inspect()).hash, (await third.session.inspect()).hash);
    for (const one of [third, rebuilt])
      assert.equal(printedBy(await one.run("print(kept() === context, context_2.rows.length)", 7)), "true 1");
  }),

  law("a name of a context wins over a variable of the code, and a number over none that was given", async (bench) => {
    const repl = await bench.open({}, { logs: "one", logs_0: "given" });
    await repl.finish("const rules = 1, context_0 = 2, more = 3; var context_1 = 4;");
    const more = await bench.brings(repl, 1, { rules: "two" });
    await begin(more);
    const code = "print(rules, context, logs, logs_0, context_0.logs, context_1, rules_1, more); SHOW_VARS()";
    assert.equal(printedBy(await more.run(code)), "two two one given one two two 3\nmore: number");
    const { error } = doneOf(await more.run("const rules_1 = 5"));
    assert.match(error?.message ?? "", /rules_1/);
    const third = await bench.brings(more, 2, { rules: "three" });
    await begin(third);
    assert.equal(printedBy(await third.run("print(rules, rules_1, rules_2, context)")), "three two three three");
    const variables = (await third.session.inspect()).variables.map(({ name }) => name);
    assert.deepEqual(variables, ["more"]);
  }),

  law("code that has fixed a context's name keeps it for the block, and is told", async (bench) => {
    const repl = await bench.open({}, { context: "one" });
    await repl.finish(
      'Object.defineProperty(globalThis, "rules", { value: 1 }); Object.defineProperty(globalThis, "context_0", { value: 1 });',
    );
    const more = await bench.brings(repl, 1, { rules: "two" });
    await begin(more);
    const { error, output } = doneOf(await more.run("print('ran')"));
    assert.deepEqual([error?.kind, output.text], ["syntax", ""]);
    assert.match(error?.message ?? "", /"rules"/);
    assert.equal(printedBy(await more.run("print(context, rules, context_0)")), "two 1 1");
    await bench.replay(more);
  }),

  law("a replay of earlier runs does not notice the contexts of later ones", async (bench) => {
    const long = "the same text in two runs ".repeat(1_000);
    const repl = await bench.open({}, { context: "first" });
    await repl.finish(
      `const text = ${JSON.stringify(long.slice(0, 26))}.repeat(1000); const a = await rlm_query("q", text);`,
    );
    const more = await bench.brings(repl, 1, { context: long });
    await begin(more);
    await more.finish('const b = await rlm_query("q", text); print(a === b)');
    const [before, after] = more.journal.flatMap((event) => (event.type === "call" ? [event.hash] : []));
    assert.notEqual(before, after, "Expected the text to be handed on by reference once it is a context");
    await bench.replay(more);
  }),

  law("FINAL may be refused once in each run", async ({ open }) => {
    const repl = await open({}, { context: "text" });
    const early = "FINAL(1)";
    assert.equal(doneOf(await repl.run(early)).error?.kind, "answer");
    assert.equal(doneOf(await repl.run(early)).answer?.text, "1");
    await begin(repl);
    assert.equal(doneOf(await repl.run(early)).error?.kind, "answer");
    assert.equal(doneOf(await repl.run(early)).answer?.text, "1");
    await begin(repl);
    assert.equal(doneOf(await repl.run("print(1); FINAL(1)")).answer?.text, "1");
  }),

  law("FINAL's value has to fit what its run asks for, live and in a replay", async (bench) => {
    const repl = await bench.open({}, { context: "text" });
    assert.deepEqual(doneOf(await repl.run("print(1); FINAL('a')")).answer, { text: "a", json: false });
    await begin(repl, { responseFormat: { type: "object" } });
    assert.equal(doneOf(await repl.run("print(1); FINAL('b')")).error?.kind, "answer");
    assert.deepEqual(doneOf(await repl.run("FINAL({})")).answer, { text: "{}", json: true });
    await begin(repl, { responseFormat: { type: "string" } });
    const rebuilt = await bench.replay(repl);
    for (const one of [repl, rebuilt])
      assert.deepEqual(doneOf(await one.run("print(1); FINAL('c')", 7)).answer, { text: '"c"', json: true });
  }),

  law("begin() changes the digest, and is refused in an open block and without the run's contexts", async (bench) => {
    const repl = await bench.open({}, { context: "text" });
    const before = repl.session.digest;
    await begin(repl);
    assert.notEqual(repl.session.digest, before);
    await repl.run('await llm_query("x")');
    await assert.rejects(begin(repl), SandboxError);
    const other = await bench.open({}, { context: "text" });
    const [context] = other.options.contexts;
    assert.ok(context);
    await assert.rejects(other.session.begin(taskOf(1, [context])), SandboxError);
  }),

  law("a run that cites takes quotes of all contexts alone, by the names that they have in it", async (bench) => {
    const final = (quote: string): string => `print(1); FINAL("a", [{ claim: "c", quote: "${quote}" }])`;
    const repl = await bench.open({ cite: true }, { context: "The heron waits by the river." });
    const refused = doneOf(await repl.run(final("The heron sleeps by the river.")));
    assert.deepEqual([refused.error?.kind, refused.answer], ["answer", undefined]);
    const quote = "The heron waits";
    const place = { claim: "c", start: 0, end: quote.length, quote };
    const cited = (source: string): unknown => ({ answer: "a", citations: [{ ...place, source }] });
    assert.deepEqual(JSON.parse(doneOf(await repl.run(final(quote))).answer?.text ?? ""), cited("context"));
    const more = await bench.brings(repl, 1, { context: "Another text." });
    await begin(more, { cite: true });
    assert.deepEqual(JSON.parse(doneOf(await more.run(final(quote))).answer?.text ?? ""), cited("context_0"));
    await begin(more);
    assert.deepEqual(doneOf(await more.run("print(1); FINAL('plain')")).answer, { text: "plain", json: false });
    const rebuilt = await bench.replay(more);
    assert.equal(rebuilt.session.digest, more.session.digest);
  }),
];

/** Begins the next run, in the session and in its journal. */
async function begin(
  { session, journal, options }: Recorded,
  form: Pick<TaskEvent, "responseFormat" | "cite"> = {},
): Promise<void> {
  const run = journal.filter(({ type }) => type === "task").length + 1;
  const contexts = options.contexts.filter((context) => context.run === run);
  const task = { ...taskOf(run, contexts), ...form };
  await session.begin(task);
  journal.push(task);
}

function taskOf(run: number, contexts: readonly SessionContext[]): TaskEvent {
  return { type: "task", runId: `run ${run}`, run, query: "q", contexts: contexts.map(contextContent), variables: [] };
}
