import { expect, it } from "vitest";
import { missingTests } from "./docs-tests.ts";

const source = `
it("does one thing", async () => {});
it.each(cases)(
  "does %s",
  { timeout: 1_000 },
  async (what) => {},
);
for (const depth of [0, 1]) it(\`at depth \${depth}\`, () => {});
const law = { name: "keeps texts", holds };
text("is no test", 1);
`;
const read = (path: string): string | undefined => (path === "test/a.test.ts" ? source : undefined);

it("missingTests() finds tests and laws by their names, as they stand in the file", () => {
  const line =
    "- A promise. `test/a.test.ts` “does one thing”, “does %s”, “at depth ${depth}”, “at depth …”, “keeps texts”";
  expect(missingTests(line, read)).toEqual([]);
});

it("missingTests() tells each name that is no test of its file, and a file that is not there", () => {
  const text = "“Words” before.\n`test/a.test.ts` “does one”, “is no test”; `test/b.test.ts` “does one thing”";
  expect(missingTests(text, read)).toEqual([
    "test/a.test.ts: no test “does one”",
    "test/a.test.ts: no test “is no test”",
    "test/b.test.ts: no such file",
  ]);
});
