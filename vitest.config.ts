import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { builtChild } from "./scripts/built-child.ts";

// "rlm-source" runs the workspace from its sources, without a build; else packages are found as Node finds them.
const conditions = ["rlm-source", "node", "development|production"];

export default defineConfig({
  plugins: [builtChild()],
  ssr: { resolve: { conditions, externalConditions: ["rlm-source"] } },
  resolve: { conditions },
  test: {
    include: ["packages/*/src/**/*.test.ts", "test/**/*.test.ts", "scripts/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**", "**/*.long.test.ts"],
    pool: "forks",
    globalSetup: ["scripts/built-child.ts"],
    // Many tests wait for processes: with a worker less than cores, the default, a machine of two would run one at a time.
    maxWorkers: "100%",
    // Programs that tests start, again and again, have the sources of this repository and its dependencies compiled once.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, "node_modules/.cache/compile") },
    execArgv: ["-C", "rlm-source", "--no-node-snapshot"],
    testTimeout: 60_000,
  },
});
