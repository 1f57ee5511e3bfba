import { spawnSync } from "node:child_process";
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

/**
 * Type-checks every block marked `ts` in README.md and docs/*.md as a module of its own, and runs those marked `ts run`:
 * in the page of forms all of them, of at most ten lines each.
 * Blank lines before the block keep the line numbers of the document.
 */
const folder = "examples/.docs-snippets"; // beside the examples, for it resolves the packages as they do
const forms = join("docs", "langchain.md");
const maxFormLines = 10;
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });

const snippets = globSync(["README.md", "docs/*.md", "packages/*/README.md"]).flatMap((document) => {
  const text = readFileSync(document, "utf8");
  const blocks = [...text.matchAll(/^```ts( run)?\n(.*?)^```$/gms)];
  const fences = text.match(/```ts\b/g) ?? [];
  if (blocks.length !== fences.length) throw new Error(`Cannot read ${document}: a block is neither "ts" nor "ts run"`);
  return blocks.map(({ index, 1: run, 2: code = "" }) => {
    const line = text.slice(0, index).split("\n").length;
    const lines = code.split("\n").filter((each) => each.trim() !== "").length;
    if (document === forms && (run === undefined || lines > maxFormLines))
      throw new Error(
        `${document}:${line}: expected a block that runs, of at most ${maxFormLines} lines; it has ${lines}`,
      );
    const file = join(folder, `${document.replaceAll(/\W+/g, "-")}-${line}.ts`);
    writeFileSync(file, `${"\n".repeat(line)}${code}\nexport {};\n`);
    return { name: `${document}:${line}`, file, runs: run !== undefined };
  });
});
const tsconfig = {
  extends: resolve("tsconfig.json"),
  compilerOptions: { incremental: false, noUnusedLocals: false, noUnusedParameters: false },
  include: ["*.ts"],
  references: [],
};
writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(tsconfig));

const failed = [
  ...(snippets.length > 0 && !node("node_modules/typescript/bin/tsc", "-p", folder) ? ["types"] : []),
  ...snippets.filter(({ file, runs }) => runs && !node("-C", "rlm-source", file)).map(({ name }) => name),
];
console.log(
  `${snippets.length} snippets (${snippets.map(({ name }) => name).join(", ")}); failed: ${failed.join(", ") || "none"}`,
);
rmSync(folder, { recursive: true });
process.exitCode = failed.length > 0 ? 1 : 0;

function node(...args: string[]): boolean {
  return spawnSync(process.execPath, args, { stdio: "inherit", timeout: 60_000 }).status === 0;
}
