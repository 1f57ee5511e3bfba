import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const node = fileURLToPath(new URL("node-26/node_modules/.bin/node", import.meta.url));

/** Runs a command of the project under Node 26, parent and sandbox processes alike; gives the end of what it said. */
async function underNode26(...args: string[]): Promise<{ code: number | null; said: string }> {
  const child = spawn(node, args, {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NO_COLOR: "1" },
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      said = (said + chunk).slice(-20_000);
    });
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, said };
}

it("it is Node 26", async () => {
  expect((await underNode26("-v")).said).toMatch(/^v26\./);
});

it.each([
  ["the tests of the sandbox", ["packages/rlm-core/src/sandboxes", "packages/rlm-core/src/testing"]],
  ["the long tests of rlm-core", ["--config", "vitest.long.config.ts", "packages/rlm-core"]],
  ["the trajectories that Node 24 wrote, and their replays,", ["test/fixtures.test.ts"]],
])("%s hold on it", { timeout: 1_800_000 }, async (_, args) => {
  const { code, said } = await underNode26("node_modules/vitest/vitest.mjs", "run", "--passWithNoTests", ...args);
  expect(code, said).toBe(0);
  console.log(said.match(/Tests {2}.*/)?.[0] ?? "no tests");
});
