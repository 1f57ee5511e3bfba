// A scripted job in which everything goes wrong that can; its depth is told in the query.
import { childPids, repl, ruleModel, turnOf } from "./scenario.ts";

export const context = Array.from(
  { length: 5000 },
  (_, at) => `line ${at} ${at % 1000 === 7 ? "marked" : "plain"}`,
).join("\n");

// One block a turn: state, a failing sub-call, code that throws, code that hangs, two kills from outside, recursion, the answer.
function rootCodes(depth: number): string[] {
  const asks = depth > 0;
  return [
    "const marked = context.split('\\n').filter((line) => line.endsWith('marked')); const dice = [Math.random(), Date.now()]; print(marked.length)",
    asks
      ? "let failure, caught; try { await llm_query('FAIL') } catch (error) { caught = error; failure = error.message } print(failure)"
      : "const failure = 'none'; print(failure)",
    "var before = new Map([['a', marked]]); null.length",
    "marked.push('never'); while (true) {}",
    "class Kept { constructor(n) { this.n = n } } const kept = new Kept(marked.length); print(kept)",
    asks
      ? "const replies = await llm_query_batched(['KILL', 'one', 'two']); print(replies)"
      : "const replies = []; print(replies)",
    depth > 1
      ? `const children = await rlm_query_batched(marked.slice(0, 2).map((line) => ({ query: 'Which line? The depth is ${depth}.', context: line }))); print(children)`
      : "const children = []; print(children)",
    "FINAL([marked.length, kept.n, failure, replies.join(), children.join(), before.size].join(' | '))",
  ];
}

function killChildren(): void {
  for (const pid of childPids()) process.kill(pid, "SIGKILL");
}

export function createModel() {
  return ruleModel((messages, { purpose, depth }) => {
    const [first] = messages;
    if (purpose === "sub") {
      if (first?.content === "FAIL") throw new Error("400 no");
      if (first?.content === "KILL") killChildren();
      return `re: ${first?.content.slice(0, 60)}`;
    }
    const turn = turnOf(messages);
    const maxDepth = Number(/depth is (\d)/.exec(messages[1]?.content ?? "")?.[1] ?? 0);
    if (depth > 0)
      return repl(
        maxDepth > depth + 1
          ? `print(1); FINAL(await rlm_query('Deeper. The depth is ${maxDepth}.', context))`
          : "print(1); FINAL('child of ' + (await llm_query(context)))",
      );
    if (turn === 5) killChildren();
    return repl(rootCodes(maxDepth)[turn - 1] ?? "");
  });
}

export function queryAt(depth: number): string {
  return `What is marked? The depth is ${depth}.`;
}

/** The answer at each depth. */
export const answers = [
  "5 | 5 | none |  |  | 1",
  '5 | 5 | Cannot get a reply from the model "model": 400 no | re: KILL,re: one,re: two |  | 1',
  '5 | 5 | Cannot get a reply from the model "model": 400 no | re: KILL,re: one,re: two | child of re: line 7 marked,child of re: line 1007 marked | 1',
  '5 | 5 | Cannot get a reply from the model "model": 400 no | re: KILL,re: one,re: two | child of re: line 7 marked,child of re: line 1007 marked | 1',
];

/** What each block of the root came to. */
export const endKinds = ["ok", "ok", "thrown", "timeout", "ok", "ok", "ok", "ok"];
