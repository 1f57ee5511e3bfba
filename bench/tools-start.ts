import { isolate, runRlm } from "rlm-core";
import { scriptedModel } from "rlm-core/testing";
import { decompose } from "rlm-tools";
import { medianRatios, ms, type Row } from "./measure.ts";

const runs = 15;

/** What passing a kit of megabytes of libraries costs a run that uses none of them, and one that uses the largest. */
export async function passing(): Promise<Row[]> {
  const sandbox = isolate();
  const answer = (look: string, tools: (typeof decompose)[]) => async (): Promise<void> => {
    const model = scriptedModel([`\`\`\`repl\nprint(${look}); FINAL(String(context.length));\n\`\`\``]);
    const ran = await runRlm(
      { query: "How many?", context: "Nine here" },
      { model, sandbox, tools, limits: { directBelow: 0 } },
    );
    if (ran.answer !== "9") throw new Error(`Expected 9, got ${ran.answer}`);
  };
  const without = answer("context", []);
  const unused = answer("context", [decompose]);
  const used = answer("decompose.tokens(context, { size: 5 }).length", [decompose]);
  try {
    for (const work of [without, unused, used]) await work();
    const { bare, others } = await medianRatios(runs, without, [unused, used]);
    return ["a run of one turn, decompose unused", "a run of one turn, by tokens"].map((what, at): Row => {
      const { ours = NaN, ratio = NaN } = others[at] ?? {};
      return {
        what,
        ours: ms(ours),
        beside: "the same without the kit",
        bare: ms(bare),
        result: `${ratio.toFixed(2)} times${at === 0 ? " (goal: at most 1.1)" : ""}`,
      };
    });
  } finally {
    await sandbox.close();
  }
}
