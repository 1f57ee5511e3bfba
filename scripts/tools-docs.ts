import { readFileSync, writeFileSync } from "node:fs";
import { isolate, runRlm, type Kit } from "../packages/rlm-core/src/index.ts";
import { scriptedModel } from "../packages/rlm-core/src/testing/index.ts";
import { createSearch, decompose, integrate } from "../packages/rlm-tools/src/index.ts";

/**
 * `docs/tools.md`: every function of the kits, with what the prompt says of it, its cost in calls, and its example with what
 * that prints in the real REPL. Fails where the page is not that; `--write` writes it.
 */
const page = "docs/tools.md";
// Toys: how many letters of each kind, and a store of one document.
const embed = async (texts: string[]): Promise<number[][]> =>
  texts.map((text) => "aeiourt".split("").map((letter) => text.toLowerCase().split(letter).length - 1));
const store = async (): Promise<{ text: string; score: number }[]> => [{ text: "Water is wet.", score: 0.9 }];
const kits: Kit[] = [decompose, createSearch({ embed, store }), integrate];

// What the sub-model says in the examples that ask one.
const replies: Record<string, string> = {
  "integrate.filter": '{"values": {"1": true, "2": false, "3": true}}',
  "integrate.classify": '{"values": {"1": "complaint", "2": "praise"}}',
  "integrate.extract": '{"values": {"1": {"name": "Ann", "age": 41}, "2": {"name": "Bob", "age": 7}}}',
  "integrate.reduce": "Two days of rain, then sun.",
  "integrate.vote": "42",
  "integrate.pairs": '{"pairs": [[1, 2]]}',
  "integrate.verify":
    '{"claims": [{"claim": 1, "verdict": "supported", "item": 1, "quote": "the guard was hit"}, {"claim": 2, "verdict": "contradicted", "item": 2, "quote": "two workers were hurt"}]}',
  "integrate.cite":
    '{"claims": [{"claim": 1, "verdict": "supported", "item": 1, "quote": "the guard was hit"}, {"claim": 2, "verdict": "not found"}]}',
};

const head = `# Tools of the REPL

<!-- Written by scripts/tools-docs.ts out of the code: \`npx -y pnpm@12.21.0 docs:tools\`. -->

What the code of a model can use beside the context and queries: kits of [rlm-tools](../packages/rlm-tools/README.md), each an object in the REPL. None is there unless it is passed: \`tools: [decompose, search, integrate]\`. \`rlm ask\` passes \`decompose\` and \`search\`. Each function is one line of the prompt, as it stands here in quotes. Functions run inside of the sandbox, beside the context; what they cost in calls of a model is said with each; any reply that comes cut or empty is asked for once more. \`model\` is a name in the run's \`subModel\` record.

The examples are run to write this page; below each stands what it prints. Where one asks a sub-model, that is a stand-in whose reply was written for it.
`;

const sandbox = isolate();
const sections: string[] = [];
for (const kit of kits) {
  sections.push(`## ${kit.name}\n`);
  for (const [name, { signature, description, calls = "none", example = "" }] of Object.entries(kit.functions)) {
    const call = `${kit.name}.${name}`;
    if (example === "") throw new Error(`Cannot write ${page}: ${call} has no example`);
    const printed = await run(example, replies[call]);
    sections.push(
      [
        `### ${call}\n`,
        `\`\`\`\n${signature.includes("=> Promise<") ? "await " : ""}${call}${signature}\n\`\`\`\n`,
        `> ${description}\n`,
        `Calls of a model: ${calls}.\n`,
        `\`\`\`repl\n${example}\n\`\`\`\n`,
        `\`\`\`\n${printed.trimEnd()}\n\`\`\`\n`,
      ].join("\n"),
    );
  }
}
await sandbox.close();

const text = [head, ...sections].join("\n");
if (process.argv.includes("--write")) writeFileSync(page, text);
else if (readFileSync(page, "utf8") !== text)
  throw new Error(`${page} is not what the code says: run npx -y pnpm@12.21.0 docs:tools, and read what changed`);

/** What a block prints in a REPL with all kits. */
async function run(code: string, reply?: string): Promise<string> {
  let printed = "";
  const model = scriptedModel([`\`\`\`repl\n${code}\n\`\`\``, "```repl\nFINAL('done')\n```"]);
  await runRlm(
    { query: "Run it.", context: "A text that is not looked at." },
    {
      model,
      ...(reply !== undefined && { subModel: scriptedModel([], { onMissing: () => reply }) }),
      sandbox,
      tools: kits,
      limits: { directBelow: 0 },
      onEvent: (event) => {
        if (event.type !== "journal" || event.event.type !== "end" || event.turn !== 1) return;
        const { error, output } = event.event;
        if (error !== undefined) throw new Error(`Cannot run an example: ${error.message}\n${code}`);
        printed = output.text;
      },
    },
  );
  if (printed === "") throw new Error(`Cannot show what an example prints: it prints nothing\n${code}`);
  return printed;
}
