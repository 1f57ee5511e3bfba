import type { HostileProgram } from "./program.ts";

const family = "blocking";

/** Code that waits for what never comes. */
export const blocking: readonly HostileProgram[] = [
  {
    name: "05-never-settles",
    family,
    code: `await new Promise(() => {});`,
    ends: ["deadlock"],
  },
  {
    name: "35-atomics-wait",
    family,
    code: `Atomics.wait(new Int32Array(new SharedArrayBuffer(8)), 0, 0);`,
    ends: ["thrown"],
  },
  {
    name: "47-waitasync-timer",
    family,
    code: `const r = Atomics.waitAsync(new Int32Array(new SharedArrayBuffer(8)), 0, 0, 200); await r.value;`,
    ends: ["thrown"],
  },
  {
    name: "61-result-thenable",
    family,
    code: `({ then() { } });`,
    ends: ["deadlock"],
  },
  {
    name: "a result, and then nothing",
    family,
    code: `await llm_query("q"); await new Promise(() => {});`,
    ends: ["deadlock"],
  },
  {
    name: "two promises that wait for each other",
    family,
    code: `const a = (async () => { await null; await b; })(); const b = (async () => { await null; await a; })(); await a;`,
    ends: ["deadlock"],
  },
  {
    name: "an async generator that never yields",
    family,
    code: `for await (const _ of (async function* () { await new Promise(() => {}); yield 1; })());`,
    ends: ["deadlock"],
  },
  { name: "a race of nothing", family, code: `await Promise.race([]);`, ends: ["deadlock"] },
  {
    name: "a call of a child, and then nothing",
    family,
    code: `await rlm_query("q", "text"); await Promise.race([new Promise(() => {}), { then() {} }]);`,
    ends: ["deadlock"],
  },
  { name: "a sleep", family, code: `await new Promise((resolve) => setTimeout(resolve, 1e9));`, ends: ["thrown"] },
  { name: "a question to a person", family, code: `prompt("Password?"); alert("!"); confirm("?");`, ends: ["thrown"] },
  {
    name: "a promise that is resolved by a later block",
    family,
    code: [`var open; const later = new Promise((resolve) => { open = resolve; });`, `await later;`],
    ends: ["deadlock"],
  },
];
