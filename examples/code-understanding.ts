// Code understanding: which functions of a real package come to a given one, directly or through others? The sources are
// those of zod's core, as npm has them. The model is a script: its code cuts the sources into declarations and follows the calls.
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { named, runRlm } from "rlm-core";
import { scriptedModel } from "rlm-core/testing";
import { decompose } from "rlm-tools";
import ts from "typescript";
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
// Not what comments and texts say.
const bare = (text) => text.replace(/\\/\\*[^]*?\\*\\/|\\/\\/.*|"(?:\\\\.|[^"\\\\\\n])*"/g, " ");
for (const one of declared) one.words = new Set(bare(one.text).match(/[\\w$]+/g));
const calls = ({ words }, name) => words.has(name);
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

// The same by TypeScript's own parser: top-level functions, and the identifiers in them.
const declared = Object.values(sources).flatMap((text) =>
  ts.createSourceFile("a.ts", text, ts.ScriptTarget.Latest).statements.flatMap((statement) => {
    const name = nameOf(statement);
    return name === undefined ? [] : [{ name, mentions: new Set(identifiersIn(statement)) }];
  }),
);
const callers = (of: ReadonlySet<string>): string[] =>
  declared.filter(({ mentions }) => [...of].some((name) => mentions.has(name))).map(({ name }) => name);
const direct = new Set(callers(new Set(["finalizeIssue"])));
const all = new Set(direct);
for (let size = 0; all.size > size;) {
  size = all.size;
  for (const name of callers(all)) all.add(name);
}
for (const set of [direct, all]) set.delete("finalizeIssue");
assert.deepEqual(found.direct, [...direct].toSorted());
assert.deepEqual(found.all, [...all].toSorted());
assert.ok(most < chars / 20);

function nameOf(statement: ts.Statement): string | undefined {
  if (ts.isFunctionDeclaration(statement)) return statement.body && statement.name?.text;
  if (!ts.isVariableStatement(statement)) return undefined;
  const [first] = statement.declarationList.declarations;
  const value = first?.initializer;
  const isFunction = value !== undefined && (ts.isArrowFunction(value) || ts.isFunctionExpression(value));
  return isFunction && first !== undefined && ts.isIdentifier(first.name) ? first.name.text : undefined;
}

function identifiersIn(node: ts.Node): string[] {
  const found: string[] = ts.isIdentifier(node) ? [node.text] : [];
  ts.forEachChild(node, (child) => {
    found.push(...identifiersIn(child));
  });
  return found;
}
