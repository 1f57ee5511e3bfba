import { describe, expect, it } from "vitest";
import { bindingsIn } from "./bindings.ts";

function names(contexts: { name: string; run?: number }[], run: number): Record<string, number[]> {
  return Object.fromEntries(bindingsIn(contexts, run).map(({ name, contexts: of }) => [name, of]));
}

describe("bindingsIn()", () => {
  it("bindingsIn() gives the first run no numbers, and `context` in any case", () => {
    expect(names([{ name: "context" }], 0)).toEqual({ context: [0] });
    expect(names([{ name: "logs" }], 0)).toEqual({ logs: [0], context: [0] });
    expect(names([{ name: "logs" }, { name: "rules" }], 0)).toEqual({ logs: [0], rules: [1], context: [0, 1] });
    expect(names([], 0)).toEqual({ context: [] });
  });

  it("bindingsIn() leaves out what later runs bring, and numbers what there is", () => {
    const contexts = [{ name: "context" }, { name: "context", run: 2 }];
    expect(names(contexts, 1)).toEqual({ context: [0], context_0: [0] });
    expect(names(contexts, 2)).toEqual({ context: [1], context_0: [0], context_2: [1] });
    expect(names(contexts, 3)).toEqual(names(contexts, 2));
  });

  it("bindingsIn() lets the newest run's names go first, and never takes one that was given", () => {
    const contexts = [{ name: "context" }, { name: "logs_1" }, { name: "logs", run: 1 }, { name: "rules", run: 1 }];
    expect(names(contexts, 1)).toEqual({
      context: [2, 3],
      logs: [2],
      rules: [3],
      logs_1: [1],
      context_0: [0],
      logs_1_0: [1],
      context_1: [2, 3],
      rules_1: [3],
    });
  });
});
