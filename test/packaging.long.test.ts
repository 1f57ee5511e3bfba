import { execFileSync } from "node:child_process";
import { cpSync, globSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const program = `
  import { runRlm } from "rlm-core";
  import { scriptedModel } from "rlm-core/testing";
  import { decompose } from "rlm-tools";

  const model = scriptedModel([
    "\`\`\`repl\\nconst pieces = decompose.tokens(context, { size: 5_000 });\\nprint(pieces.length);\\n\`\`\`",
    "\`\`\`repl\\nconst fruit = await llm_query('Name a fruit.');\\nFINAL(pieces.length + ' ' + fruit);\\n\`\`\`",
  ]);
  const { answer, status } = await runRlm(
    { query: "How many pieces, and which fruit?", context: "x".repeat(12_345) },
    { model, subModel: async () => ({ text: "pear" }), tools: [decompose], limits: { directBelow: 0 } },
  );
  console.log(JSON.stringify({ answer, status }));
`;
const printed = { answer: "3 pear", status: "final" };
const reader = `
  import { load } from "rlm-tools/loaders";

  const { context, unread } = await load("real");
  const found = (name, words) => context["real/" + name].includes(words);
  console.log(
    JSON.stringify([
      found("report.pdf", "Using The iterators Package"),
      found("letter.docx", "# Preamble"),
      found("page.html", "# fnmatch"),
      found("korean-euc-kr.txt", "모든 인류 구성원의"),
      unread.length,
    ]),
  );
`;
const read = [true, true, true, true, 0];
const documents = "packages/rlm-tools/src/loaders/testing/documents/real";
const names = readdirSync("packages");

describe("the packed packages", () => {
  let project: string;

  beforeAll(() => {
    project = mkdtempSync(join(tmpdir(), "rlm-packaging-"));
    for (const name of names) run("pnpm", ["pack", "--pack-destination", project], join("packages", name));
    writeFileSync(join(project, "package.json"), JSON.stringify({ name: "empty", private: true, type: "module" }));
    writeFileSync(join(project, "program.js"), program);
    writeFileSync(join(project, "reader.js"), reader);
    cpSync(documents, join(project, "real"), { recursive: true });
    // npm runs by the Node that runs this test, whatever the machine's own: install scripts and engines see Node 24.
    const npm = run("npm", ["exec", "--call", "node -p process.env.npm_execpath"], project).trim();
    const tarballs = globSync("*.tgz", { cwd: project }).map((file) => `./${file}`);
    run(process.execPath, [npm, "install", "--engine-strict", "--no-audit", "--no-fund", ...tarballs], project);
  }, 300_000);

  // Some ten thousand files.
  afterAll(() => rmSync(project, { recursive: true, force: true }), 60_000);

  it("ask for no workspace and carry the licence, dist and sources, but no tests", () => {
    for (const name of names) {
      const folder = join(project, "node_modules", name);
      expect(readFileSync(join(folder, "package.json"), "utf8")).not.toContain("workspace:");
      const files = globSync("**/*", { cwd: folder });
      expect(files).toEqual(expect.arrayContaining(["LICENSE", "dist/index.js", "dist/index.d.ts", "src/index.ts"]));
      expect(files.filter((file) => /\.test\.|(isolate|confined|loaders)\/testing/.test(file))).toEqual([]);
    }
  });

  it.each(names)("load by every export path of %s", (name) => {
    const { exports } = JSON.parse(readFileSync(join("packages", name, "package.json"), "utf8")) as { exports: object };
    for (const path of Object.keys(exports)) {
      const specifier = name + path.slice(1);
      const options = path.endsWith(".json") ? `, { with: { type: "json" } }` : "";
      // A child's entry is a program: imported it would run.
      const isProgram = ["./isolate-child", "./confined-program"].includes(path);
      const load = isProgram ? `import.meta.resolve("${specifier}")` : `await import("${specifier}"${options})`;
      const args = ["--no-node-snapshot", "--input-type=module", "--eval", load];
      expect(() => run(process.execPath, args, project), specifier).not.toThrow();
    }
  });

  it("answer a query on the real sandbox", () => {
    expect(JSON.parse(run(process.execPath, ["--no-node-snapshot", "program.js"], project))).toEqual(printed);
  });

  it("read documents by the installed libraries, and bundled by esbuild", async () => {
    const outfile = join(project, "reading.js");
    await build({ entryPoints: [join(project, "reader.js")], outfile, bundle: true, platform: "node", format: "esm" });
    for (const file of ["reader.js", outfile])
      expect(JSON.parse(run(process.execPath, [file], project)), file).toEqual(read);
  });

  it("answer by rlm ask over a file, on the stand-in", () => {
    writeFileSync(join(project, "heron.txt"), `${"The pond is still.\n".repeat(5000)}The heron waits.\n`);
    const args = ["ask", "What is said of the heron?", "--context", "heron.txt", "--model", "offline", "--quiet"];
    const answer = run(join(project, "node_modules/.bin/rlm"), args, project);
    expect(answer).toMatch(/“heron” is mentioned once.*The heron waits\./s);
    expect(run(join(project, "node_modules/.bin/rlm"), ["--version"], project)).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  // The child's entry stays outside of the bundle: it is found through rlm-core's exports.
  it.each([false, true])("answer a query bundled by esbuild, minified: %s", async (minify) => {
    const outfile = join(project, "bundle.js");
    const entryPoints = [join(project, "program.js")];
    await build({
      entryPoints,
      outfile,
      minify,
      bundle: true,
      platform: "node",
      format: "esm",
      external: ["isolated-vm"],
    });
    expect(readFileSync(outfile, "utf8")).not.toMatch(/from ?"rlm-/);
    expect(JSON.parse(run(process.execPath, ["--no-node-snapshot", outfile], project))).toEqual(printed);
  });
});

function run(command: string, args: string[], cwd: string): string {
  const path = [dirname(process.execPath), process.env.PATH].join(delimiter);
  return execFileSync(command, args, { cwd, encoding: "utf8", env: { ...process.env, PATH: path, NODE_OPTIONS: "" } });
}
