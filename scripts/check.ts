import { execFile } from "node:child_process";
import { globSync, readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, delimiter, resolve } from "node:path";

/** `pnpm check`: every rule of the repository, one line each. All of them run, also after a failure. */
interface Check {
  name: string;
  /** A program of node_modules/.bin and its arguments. */
  run: [string, ...string[]];
  cwd?: string;
  env?: Record<string, string>;
  /** @default 300 */
  seconds?: number;
}

const packages = readdirSync("packages");
const examples = globSync("examples/*.ts").sort();
// A request from an example to another machine meets a closed port: examples need no network.
const closed = "http://127.0.0.1:9";
const offline = { NODE_USE_ENV_PROXY: "1", HTTP_PROXY: closed, HTTPS_PROXY: closed, NO_PROXY: "127.0.0.1" };

const types: Check = { name: "types", run: ["tsc", "-b"] }; // builds dist as well, which some of those below look at
const libraries: Check = { name: "libraries of the REPL", run: ["node", "packages/rlm-tools/bundle/write-dist.ts"] };
const others: Check[] = [
  { name: "docs snippets", run: ["node", "scripts/docs-snippets.ts"] },
  { name: "lint", run: ["oxlint"] },
  { name: "format", run: ["oxfmt", "--check"] },
  { name: "layers and cycles", run: ["node", "scripts/layers.ts"] },
  { name: "unused code and dependencies", run: ["knip"] },
  { name: "package exports", run: ["node", "scripts/package-exports.ts"] },
  ...packages.flatMap((name): Check[] => [
    { name: `publint ${name}`, run: ["publint", "--strict", `packages/${name}`] },
    { name: `attw ${name}`, run: ["attw", "--pack", `packages/${name}`, "--profile", "esm-only"] },
  ]),
  { name: "docs of tools", run: ["node", "-C", "rlm-source", "scripts/tools-docs.ts"] },
  { name: "tests that docs name", run: ["node", "scripts/docs-tests.ts"] },
  ...examples.map((path): Check => {
    return { name: `example ${basename(path)}`, run: ["node", "-C", "rlm-source", path], env: offline, seconds: 60 };
  }),
];

let failed = 0;
await report(types);
await report(libraries);
// Side by side, for each waits for its program; each takes the next one as it is done.
const waiting = others.values();
await Promise.all(
  Array.from({ length: availableParallelism() }, async () => {
    for (const check of waiting) await report(check);
  }),
);
console.log(`${2 + others.length - failed} of ${2 + others.length} checks passed`);
process.exitCode = failed > 0 ? 1 : 0;

async function report(check: Check): Promise<void> {
  const start = performance.now();
  const failure = await run(check);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${failure === undefined ? "ok  " : "FAIL"} ${seconds.padStart(5)} s  ${check.name}`);
  if (failure === undefined) return;
  failed += 1;
  console.log(failure.trimEnd().replaceAll(/^/gm, "       "));
}

/** What the tool printed, if it failed. */
async function run({ run: [program, ...args], cwd, env, seconds = 300 }: Check): Promise<string | undefined> {
  const path = [resolve("node_modules/.bin"), process.env.PATH].join(delimiter);
  const options = {
    cwd,
    env: { ...process.env, NO_COLOR: "1", ...env, PATH: path },
    timeout: seconds * 1000,
    maxBuffer: 2 ** 26,
  };
  return new Promise((done) => {
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      if (error === null) done(undefined);
      else done([stdout, stderr, error.killed ? `stopped after ${seconds} s` : ""].join("\n").trim() || error.message);
    });
    child.stdin?.end();
  });
}
