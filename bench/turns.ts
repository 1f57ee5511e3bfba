import ivm from "isolated-vm";
import { runRlm } from "rlm-core";
import { scriptedModel } from "rlm-core/testing";
import { median, more, ms, type Row } from "./measure.ts";

const turns = 20;

/** What a turn costs beside its model: a run of trivial blocks, divided by their number; beside it a bare isolate's evaluations. */
export async function turnOverhead(): Promise<Row[]> {
  const blocks = Array.from({ length: turns }, (_, i) => (i < turns - 1 ? `print(${i})` : 'FINAL("done")'));
  const ours = await median(5, async () => {
    const { answer } = await runRlm(
      { query: "Is it done?", context: "x".repeat(100_000) },
      { model: scriptedModel(blocks.map((code) => `\`\`\`repl\n${code}\n\`\`\``)), limits: { directBelow: 0 } },
    );
    if (answer !== "done") throw new Error(`Expected "done", got ${answer}`);
  });
  const bare = await median(5, () => {
    const machine = new ivm.Isolate();
    const context = machine.createContextSync();
    for (let i = 0; i < turns; i++) context.evalSync(String(i));
    machine.dispose();
  });
  return [
    {
      what: `a turn (a run of ${turns}, divided)`,
      ours: ms(ours / turns),
      beside: "evaluations in such an isolate",
      bare: ms(bare / turns),
      result: more((ours - bare) / turns),
    },
  ];
}
