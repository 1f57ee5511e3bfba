import { globSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

const exclude = ["**/node_modules/**", "**/dist/**"];
const files = globSync("{packages,examples,test,bench,scripts}/**/*.ts", { exclude });

it("no file switches a rule of the linter or the compiler off", () => {
  expect(files.length).toBeGreaterThan(50);
  const switchedOff = /(?:ox|es)lint-disable|@ts-(?:ignore|expect-error|nocheck)/;
  expect(files.filter((file) => switchedOff.test(readFileSync(file, "utf8")))).toEqual([]);
});
