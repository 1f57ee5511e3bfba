// Algorithm 1 of "Recursive Language Models" (arXiv 2512.24601), line by line on the parts of rlm-core.
// runRlm() adds what a real run needs: a budget, recursion, replay, limits, errors that go back to the model.
import assert from "node:assert/strict";
import { defaultLimits, isolate, memoryStore, parseReply, storeContexts, type ChatMessage, type Model } from "rlm-core";
import { scriptedModel } from "rlm-core/testing";

const signal = new AbortController().signal;
const ask = { maxOutputTokens: 1000, signal, depth: 0 };
const sandbox = isolate();

async function rlm(query: string, P: string, llm: Model, subRlm: Model): Promise<string> {
  const store = memoryStore();
  const contexts = await storeContexts(P, store);
  // state ← InitREPL(prompt = P);  state ← AddFunction(state, sub_RLM)
  const read = (ref: string): Promise<string> => store.get(ref);
  const state = await sandbox.open({
    contexts,
    read,
    seed: 1,
    queries: true,
    tools: [],
    kits: [],
    limits: defaultLimits,
  });
  // hist ← [Metadata(state)]: the length and a prefix, never the prompt itself
  const hist: ChatMessage[] = [
    {
      role: "system",
      content:
        "Answer by JavaScript in ```repl blocks: `context`, `await llm_query(prompt)`, `print`, `FINAL(answer)`.",
    },
    {
      role: "user",
      content: `${query}\n\`context\` has ${P.length} characters and begins: ${contexts[0]?.prefix.slice(0, 60)}`,
    },
  ];
  try {
    while (true) {
      // code ← LLM(hist)
      const reply = await llm(hist, { ...ask, purpose: "root" });
      const code = parseReply(reply.text).code ?? "";
      // (state, stdout) ← REPL(state, code): where the code calls sub_RLM it is suspended, and goes on with the results
      let progress = await state.run({ code, clock: Date.now() });
      while (progress.kind === "waiting") {
        const answers = progress.calls.map(async ({ id, hash, prompt }) => {
          const { text } = await subRlm([{ role: "user", content: prompt }], { ...ask, purpose: "sub" });
          return { id, hash, ok: true, value: { text, json: false }, ref: await store.put(text) };
        });
        progress = await state.resume(await Promise.all(answers));
      }
      // hist ← hist ‖ code ‖ Metadata(stdout)
      const shown = progress.error?.message ?? progress.output.text;
      hist.push({ role: "assistant", content: reply.text }, { role: "user", content: shown });
      // if state[Final] is set: return it
      if (progress.answer !== undefined) return progress.answer.text;
    }
  } finally {
    await state.close();
  }
}

const book = Array.from(
  { length: 50_000 },
  (_, page) => `Page ${page}: ${page === 31_415 ? "The key is under the mat." : "Nothing here."}`,
);
const root = scriptedModel([
  "I search first.\n```repl\nconst hits = find(/key/); print(hits);\n```",
  "I have the passage read.\n```repl\nconst place = await llm_query('Where is the key? ' + hits.hits[0].text);\nFINAL(place);\n```",
]);
const sub = scriptedModel([
  (messages) => (messages[0]?.content.includes("under the mat") ? "Under the mat." : "It does not say."),
]);

try {
  const answer = await rlm("Where is the key?", book.join("\n"), root, sub);
  assert.equal(answer, "Under the mat.");
  console.log(
    `${answer} (${book.join("\n").length} characters of context, at most ${Math.max(...root.calls.map(({ messages }) => JSON.stringify(messages).length))} of them in one request)`,
  );
} finally {
  await sandbox.close();
}
