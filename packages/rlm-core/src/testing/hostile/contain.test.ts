import { describe, expect, it } from "vitest";
import { isolateLaws, leastOptions } from "../../sandboxes/isolate/testing/hold-law.ts";
import { scriptedSandbox, type ScriptedStep } from "../scripted-sandbox.ts";
import { contain } from "./contain.ts";
import { hostileLaws } from "./hostile-laws.ts";
import { hostilePrograms } from "./hostile-programs.ts";
import type { HostileProgram } from "./program.ts";

describe("hostilePrograms", () => {
  it("are more than eighty, each under a name of its own, in every family", () => {
    expect(hostilePrograms.length).toBeGreaterThan(80);
    expect(new Set(hostilePrograms.map(({ name }) => name)).size).toBe(hostilePrograms.length);
    expect(hostilePrograms.filter(({ name }) => /^\d\d-/.test(name))).toHaveLength(50);
    const families = new Set(hostilePrograms.map(({ family }) => family));
    expect([...families].sort()).toEqual(["blocking", "context", "escapes", "floods", "loops", "memory"]);
  });
});

// All of them are in contain.long.test.ts; RLM_SEED takes another sample.
const seed = Number(process.env["RLM_SEED"] ?? 4);

describe(`isolate(), by the sample of RLM_SEED=${seed},`, () => {
  for (const law of isolateLaws(sample(hostileLaws, 25))) it(law.name, () => law.holds());
});

describe("contain()", () => {
  const program: HostileProgram = { name: "p", family: "escapes", code: "…", ends: ["well"], prints: /^held$/ };

  async function containedBy(end: ScriptedStep, after = "42\nre: still\n"): Promise<void> {
    const sandbox = scriptedSandbox([[{}, end, { calls: ["still"] }, { output: after }]]);
    await contain(program, (options) => sandbox.open({ ...leastOptions, ...options }));
  }

  it("takes what ends as the program may end", async () => {
    await expect(containedBy({ output: "held\n" })).resolves.toBeUndefined();
  });

  it.each<[string, ScriptedStep, RegExp]>([
    ["an end of another kind", { error: { kind: "timeout", message: "m" } }, /to end as well/],
    ["another output", { output: "free" }, /did not match/],
    ["an output without a bound", { output: "held\n".repeat(10_000) }, /a bounded output/],
    ["an answer that is not its own", { output: "held", answer: "hacked" }, /to end as well/],
    ["an error of the machine", new Error("lost"), /lost/],
    ["a secret of the host", () => ({ output: `${secretOfHost()}\nheld` }), /did not match|nothing of the host/],
    ["a host that is changed", () => (Reflect.set(Array.prototype, "polluted", 1), { output: "held" }), /as it was/],
    ["an event loop that is blocked", () => (block(2_500), { output: "held" }), /a free event loop/],
  ])("throws for %s", async (_name, end, message) => {
    try {
      await expect(containedBy(end)).rejects.toThrow(message);
    } finally {
      Reflect.deleteProperty(Array.prototype, "polluted");
    }
  });

  it("throws for a session that is not what it was", async () => {
    await expect(containedBy({ output: "held" }, "NaN\nre: still\n")).rejects.toThrow("NaN");
  });
});

/** So many of the items, each as likely as the others, in an order that follows from the seed. */
function sample<T>(items: readonly T[], most: number): T[] {
  let state = seed;
  const random = (): number => {
    // A linear congruential generator (Knuth's constants, modulo 2^32).
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state;
  };
  const keyed = items.map((item) => ({ item, key: random() }));
  return keyed
    .sort((a, b) => a.key - b.key)
    .slice(0, most)
    .map(({ item }) => item);
}

function secretOfHost(): string {
  return Object.values(process.env).find((value) => value?.startsWith("canary-")) ?? "";
}

function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}
