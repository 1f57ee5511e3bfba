import { describe, expect, it } from "vitest";
import { replCases } from "./testing/repl-cases/index.ts";
import { testMachine } from "./testing/test-machine.ts";

for (const [subject, cases] of Object.entries(replCases)) {
  describe(`the REPL, ${subject}`, () => {
    for (const [name, steps] of Object.entries(cases)) {
      it(`keeps ${name}`, () => {
        const { run } = testMachine({ limits: { heapMb: 256 } });
        for (const [code, comes] of steps) {
          const { output, error } = run(code, ({ prompt }) =>
            prompt === "fail" ? new Error("failed") : `re: ${prompt}`,
          );
          const shown = output.text.replace(/\n$/, "");
          if (typeof comes === "string") expect([error?.message, shown]).toEqual([undefined, comes]);
          else if (comes instanceof RegExp) expect([error?.message, shown]).toEqual([expect.stringMatching(comes), ""]);
          else expect([error?.message, shown]).toEqual([expect.stringMatching(comes.error), comes.shown]);
        }
      });
    }
  });
}
