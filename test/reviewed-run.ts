// Works on one run over a database, and stays until it is ended: DATABASE ASKED begin | answer | ANSWERS as JSON
import { appendFileSync } from "node:fs";
import { Command, INTERRUPT } from "@langchain/langgraph";
import { createRlm } from "rlm-langgraph";
import { sqlite } from "rlm-langgraph/sqlite";
import { questionOf, repl, ruleModel, turnOf } from "./scenario.ts";

const [database = "", asked = "", said = ""] = process.argv.slice(2);
const codes: Record<string, readonly string[]> = {
  q: [
    "const all = await rlm_query_batched([1, 2, 3].map((n) => ({ query: 'child ' + n, context: 'n' + n }))); print(all)",
    "FINAL(all.join())",
  ],
  child: ["const a = await llm_query('in ' + context); print(a)", "FINAL(a)"],
};
const model = ruleModel((messages, { purpose }) => {
  const prompt = messages.at(0)?.content ?? "";
  const question = questionOf(messages);
  appendFileSync(asked, `${purpose === "sub" ? prompt : `${question} ${turnOf(messages)}`}\n`);
  if (purpose === "sub") return `<${prompt}>`;
  return repl(codes[question.split(" ")[0] ?? ""]?.[turnOf(messages) - 1] ?? "");
});
const { store, checkpointer } = await sqlite(database);
const rlm = createRlm({ store, checkpointer, model, review: ["code"], limits: { depth: 2, directBelow: 0 } });
const thread = { configurable: { thread_id: "t" } };
const result =
  said === "begin"
    ? await rlm.invoke({ query: "q", context: "word ".repeat(100) }, thread)
    : await rlm.invoke(new Command({ resume: JSON.parse(said) as unknown }), thread);
const waiting = result.status === "interrupted" ? result[INTERRUPT].map(({ id }) => id) : undefined;
console.log(JSON.stringify({ result: result.status === "interrupted" ? undefined : result.answer, waiting }));
console.log("done");
setInterval(() => {}, 1_000);
