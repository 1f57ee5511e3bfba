// Algorithm 1 of "Recursive Language Models" (arXiv 2512.24601), line by line on the parts of rlm-core.
// runRlm() adds what a real run needs: a budget, recursion, replay, limits, errors that go back to the model.
import assert from "node:assert/strict";
import { defaultLimits, isolate, memoryStore, parseReply, storeContexts, streamContext, type Model } from "rlm-core";
import { scriptedModel } from "rlm-core/testing";

const sandbox = isolate();
const ask = { maxOutputTokens: 1000, signal: new AbortController().signal, depth: 0 };
const rules = "Answer in ```repl blocks of JavaScript: `context`, `await llm_query(prompt)`, `print`, `FINAL(answer)`.";

async function rlm(query: string, P: string, llm: Model, subRlm: Model): Promise<string> {
  const store = memoryStore();
  const contexts = await storeContexts(P, store);
  const stream = (ref: string): AsyncIterable<string> => streamContext(ref, store);
  const read = (ref: string): Promise<string> => store.get(ref);
  // state ← InitREPL(prompt = P);  state ← AddFunction(state, sub_RLM)
  const repl = { contexts, stream, read, seed: 1, queries: true, tools: [], kits: [], limits: defaultLimits };
  const state = await sandbox.open(repl);
  // hist ← [Metadata(state)]: the length and a prefix, never the prompt itself
  const metadata = `\`context\` has ${P.length} characters and begins: ${P.slice(0, 60)}`;
  const hist: Parameters<Model>[0] = [{ role: "user", content: `${rules}\n${query}\n${metadata}` }];
  while (true) {
    // code ← LLM(hist)
    const reply = await llm(hist, { ...ask, purpose: "root" });
    // (state, stdout) ← REPL(state, code): where the code calls sub_RLM it is suspended, and resumed with the results
    let progress = await state.run({ code: parseReply(reply.text).code ?? "", clock: Date.now() });
    while (progress.kind === "waiting") {
      const results = progress.calls.map(async ({ id, hash, prompt }) => {
        const { text } = await subRlm([{ role: "user", content: prompt }], { ...ask, purpose: "sub" });
        return { id, hash, ok: true, value: { text, json: false }, ref: await store.put(text) };
      });
      progress = await state.resume(await Promise.all(results));
    }
    // hist ← hist ‖ code ‖ Metadata(stdout)
    const stdout = progress.error?.message ?? progress.output.text;
    hist.push({ role: "assistant", content: reply.text }, { role: "user", content: stdout });
    // if state[Final] is set: return it
    if (progress.answer === undefined) continue;
    await state.close();
    return progress.answer.text;
  }
}

const pages = Array.from({ length: 50_000 }, (_, at) => `Page ${at}: ${at === 31_415 ? "It is under the mat." : "-"}`);
const root = scriptedModel([
  "I search first.\n```repl\nconst { hits } = find('mat'); print(hits.length);\n```",
  "I have the passage read.\n```repl\nconst place = await llm_query('Where is it? ' + hits[0].text);\nFINAL(place);\n```",
]);
const sub = scriptedModel([({ 0: asked }) => (asked?.content.includes("under the mat") ? "Under the mat." : "?")]);

const answer = await rlm("Where is the key?", pages.join("\n"), root, sub);
assert.equal(answer, "Under the mat.");
const most = Math.max(...root.calls.map(({ messages }) => JSON.stringify(messages).length));
console.log(`${answer} (at most ${most} characters in one request, of ${pages.join("\n").length} in the context)`);
await sandbox.close();
