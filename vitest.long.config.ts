import { defineConfig } from "vitest/config";
import base from "./vitest.config.ts";

// What takes minutes: `pnpm test:long`.
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ["packages/*/src/**/*.long.test.ts", "test/**/*.long.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**"],
    testTimeout: 600_000,
  },
});
