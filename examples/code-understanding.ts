// Code understanding: which functions of a real package come to a given one, directly or through others? The sources are
// those of zod's core, as npm has them. The model is a script: its code cuts the sources into declarations and follows the calls.
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { named, runRlm } from "rlm-core";
import { scriptedModel } from "rlm-core/testing";
import { decompose } from "rlm-tools";
import { z } from "zod";

const folder = join(dirname(fileURLToPath(import.meta.resolve("zod"))), "src/v4/core");
const sources = Object.fromEntries(
  globSync("*.ts", { cwd: folder }).map((file) => [
    basename(file, ".ts").replaceAll("-", "_"),
    readFileSync(join(folder, file), "utf8"),
  ]),
);

const look = `
const files = Object.entries(context);
print(files.map(([name, text]) => name + ": " + text.length).join(", "));
print(find(/\\bfinalizeIssue\\(/, { around: 60, max: 5 }));`;
const follow = `
const declared = files.flatMap(([file, text]) =>
  decompose.code(text, { language: "typescript" }).filter(({ kind }) => kind === "function").map((piece) => ({ ...piece, file })));
const calls = ({ text }, name) => new RegExp("\\\\b" + name + "\\\\b").test(text);
const reached = new Map([["finalizeIssue", 0]]);
for (let steps = 1, found = ["finalizeIssue"]; found.length > 0; steps++) {
  const next = declared.filter((one) => !reached.has(one.name) && found.some((name) => calls(one, name)));
  for (const { name } of next) reached.set(name, steps);
  found = [...new Set(next.map(({ name }) => name))];
}
reached.delete("finalizeIssue");
print(declared.length, "functions,", reached.size, "come to it");`;
const answer = `FINAL({ functions: declared.length, direct: [...reached].filter(([, steps]) => steps === 1).map(([name]) => name).sort(), all: [...reached.keys()].sort() });`;

const model = scriptedModel([look, follow, answer].map((code) => `\`\`\`repl\n${code}\n\`\`\``));
const responseFormat = z.object({ functions: z.int(), direct: z.array(z.string()), all: z.array(z.string()) });
const query = "Which functions of zod's core call finalizeIssue, directly or through other functions?";
const { answer: found } = await runRlm(
  { query, context: named({ context: sources }) },
  { model, tools: [decompose], responseFormat, limits: { directBelow: 0 } },
);
const chars = Object.values(sources).reduce((sum, text) => sum + text.length, 0);
const most = Math.max(...model.calls.map(({ messages }) => JSON.stringify(messages).length));
console.log(`${found.functions} functions in ${chars} characters; directly: ${found.direct.join(", ")}`);
console.log(`${found.all.length} in all; no request had more than ${most} characters`);

// The same by another way: top-level blocks as they are laid out, without a parser.
const blocks = Object.values(sources).flatMap((text) =>
  text.split(/^(?=(?:export )?(?:async )?(?:function|const|let|class|interface|type|abstract|namespace) )/m),
);
const nameOf = (block: string): string | undefined =>
  /^(?:export )?(?:async )?function (\w+)/.exec(block)?.[1] ??
  /^(?:export )?const (\w+).*= (?:async )?\(.*=>/.exec(block)?.[1];
const direct = new Set(blocks.flatMap((block) => (/\bfinalizeIssue\b/.test(block) ? (nameOf(block) ?? []) : [])));
direct.delete("finalizeIssue");
assert.deepEqual(found.direct, [...direct].toSorted());
assert.ok(found.all.length > found.direct.length);
assert.ok(most < chars / 20);
