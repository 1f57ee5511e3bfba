import { expect } from "vitest";
import type { RlmResult } from "rlm-core";

/** A run of a trace, from whichever wire it was read. */
export interface TraceNode {
  id: string;
  parent: string | undefined;
  name: string;
  isModel: boolean;
  metadata: Record<string, unknown>;
  inputs: string;
  outputs: string;
  /** Tokens of a model's own run, as its trace format has them. */
  tokens?: { input: number; output: number } | undefined;
}

/** Names from the root down, without repeating those of brothers. */
export type Outline = { [name: string]: Outline };

/** The tree of one trace: fails where there is not exactly one root, or a parent is not there. */
function treeOf(nodes: readonly TraceNode[]) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const roots = nodes.filter(({ parent }) => parent === undefined);
  expect(roots.map(({ name }) => name)).toEqual(["rlm"]);
  for (const { name, parent } of nodes)
    expect(parent === undefined || byId.has(parent), `parent of ${name}`).toBe(true);
  const below = (id: string): TraceNode[] => nodes.filter(({ parent }) => parent === id);
  const outline = (id: string): Outline => {
    const names: Outline = {};
    for (const child of below(id)) names[child.name] = { ...names[child.name], ...outline(child.id) };
    return names;
  };
  const path = (node: TraceNode): string => {
    const above = byId.get(node.parent ?? "");
    return above === undefined ? node.name : `${path(above)} > ${node.name}`;
  };
  const [root] = roots;
  if (root === undefined) throw new Error("no root");
  return { root, below, path, outline: { rlm: outline(root.id) } };
}

const session = { __start__: {}, begin: {}, generate: { rules: {} }, execute: { llm_query: { rules: {} } } };

/** What the trace of the job has to be, whatever it was sent by. */
export function expectTraceOfJob(nodes: readonly TraceNode[], { answer, usage, runId }: RlmResult<unknown>): void {
  expect(answer).toBe("3");
  const { root, below, path, outline } = treeOf(nodes);
  expect(outline).toEqual({
    rlm: { __start__: {}, begin: {}, generate: { rules: {} }, execute: {}, submodel: { rlm: session } },
  });
  const paths = nodes.map(path);
  const count = (wanted: string): number => paths.filter((one) => one === wanted).length;
  expect(count("rlm > submodel > rlm")).toBe(3);
  expect(count("rlm > submodel > rlm > execute > llm_query > rules")).toBe(12);
  expect(count("rlm > generate > rules")).toBe(2);
  expect(count("rlm > submodel > rlm > generate > rules")).toBe(6);

  const models = nodes.filter(({ isModel }) => isModel);
  expect(models).toHaveLength(usage.calls);
  for (const node of nodes) {
    const depth = path(node).split(" > submodel > rlm").length - 1;
    expect(node.metadata["rlm_depth"], `depth of ${path(node)}`).toBe(depth);
    if (node.name === "__start__") continue;
    const [of, ...calls] = String(node.metadata["rlm_run"]).split("/");
    expect([of, calls.length], `rlm_run of ${path(node)}`).toEqual([runId, depth]);
    if (["generate", "execute", "submodel", "llm_query", "rules"].includes(node.name))
      expect(node.metadata["rlm_turn"], `turn of ${path(node)}`).toBeTypeOf("number");
    if (["submodel", "llm_query"].includes(node.name)) expect(node.metadata["rlm_call"]).toBeTypeOf("number");
    if (!node.isModel) expect(usageIn(node), `usage of ${path(node)}`).toEqual(sumOfModels(node, below));
    else expect(node.tokens?.input, `tokens of ${path(node)}`).toBeGreaterThan(0);
  }
  const { calls, inputTokens, outputTokens } = usage;
  expect(usageIn(root)).toEqual([calls, inputTokens, outputTokens]);
  expect(root.metadata["rlm_cost_usd"]).toBeCloseTo(usage.costUsd, 9);
  // Each call of the twelve and each child is told apart by its session, turn and number.
  const calledAt = nodes.filter(({ name }) => name === "llm_query" || name === "submodel").map(placeOf);
  expect(new Set(calledAt).size).toBe(12 + 3);

  const executed = nodes.filter(({ name }) => name === "execute").map(({ outputs }) => outputs);
  expect(executed.some((text) => text.includes("const size = context.length;") && text.includes("size 1203"))).toBe(
    true,
  );
  expect(executed.some((text) => text.includes("counted 1,1,1"))).toBe(true);
}

function usageIn({ metadata }: TraceNode): unknown[] {
  return [metadata["rlm_calls"], metadata["rlm_input_tokens"], metadata["rlm_output_tokens"]];
}

/** Calls and tokens of the models' own runs at and below a node. */
function sumOfModels(node: TraceNode, below: (id: string) => TraceNode[]): [number, number, number] {
  if (node.isModel) return [1, node.tokens?.input ?? 0, node.tokens?.output ?? 0];
  const sums = below(node.id).map((child) => sumOfModels(child, below));
  return sums.reduce(([a, b, c], [d, e, f]) => [a + d, b + e, c + f], [0, 0, 0]);
}

function placeOf({ metadata }: TraceNode): string {
  return [metadata["rlm_run"], metadata["rlm_turn"], metadata["rlm_call"]].join(" ");
}
