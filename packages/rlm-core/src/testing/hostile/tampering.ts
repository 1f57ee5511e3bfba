import type { HostileProgram } from "./program.ts";

const family = "escapes";

/** Code that changes what the REPL gives it, so that later blocks do what it wants. */
export const tampering: readonly HostileProgram[] = [
  ...["print", "console", "FINAL", "SHOW_VARS", "find", "llm_query", "llm_query_batched", "rlm_query", "llm_map"].map(
    (name): HostileProgram => ({
      name: `another ${name}`,
      family,
      code: `const attempts = [() => { globalThis.${name} = () => "spoofed"; }, () => { Object.defineProperty(globalThis, "${name}", { get: () => () => "spoofed" }); }, () => { if (!Reflect.deleteProperty(globalThis, "${name}")) throw new TypeError(); }, () => { Object.assign(globalThis, { ${name}: 1 }); }, () => { globalThis.__defineGetter__("${name}", () => 1); }, () => { ({ x: globalThis.${name} } = { x: 1 }); }];
const held = attempts.filter((attempt) => { try { attempt(); return false; } catch { return true; } });
print(held.length, "of", attempts.length);`,
      prints: /^6 of 6$/,
      ends: ["well"],
    }),
  ),
  {
    name: "a function declaration of our name",
    family,
    code: `function llm_query() { return "spoofed"; }`,
    ends: ["syntax"],
  },
  { name: "a var of our name", family, code: `var FINAL = () => "spoofed"; print(FINAL("x"));`, ends: ["syntax"] },
  {
    name: "a class of our name in a pattern",
    family,
    code: `const { find, ...print } = { find: 1 };`,
    ends: ["syntax"],
  },
  {
    name: "our functions themselves",
    family,
    code: `let changed = 0;
for (const ours of [print, console, FINAL, find, SHOW_VARS, llm_query, llm_query_batched, rlm_query, rlm_query_batched, llm_map]) {
  for (const change of [() => { "use strict"; ours.log = () => "spoofed"; }, () => Object.defineProperty(ours, "call", { value: () => "spoofed" })]) try { change(); } catch { changed--; } finally { changed++; }
  try { Object.setPrototypeOf(ours, { call: 1 }); } catch {}
}
console.log("still here"); print(typeof (await llm_query("q")));`,
    prints: /^still here\nstring$/,
    ends: ["well"],
  },
  {
    name: "a prototype of the global object that answers to every name",
    family,
    code: `try { Object.setPrototypeOf(globalThis, new Proxy({}, { has: () => true, get: (_, key) => (key === Symbol.unscopables ? undefined : () => "spoofed") })); } catch {} print("set");`,
    ends: ["well", "thrown"],
  },
  {
    name: "a prototype of the global object that never answers",
    family,
    code: `try { Object.setPrototypeOf(Object.getPrototypeOf(globalThis), new Proxy({}, { has() { while (true); }, get() { while (true); } })); } catch {} undefinedName;`,
    ends: ["timeout", "thrown"],
  },
  {
    name: "getters on the prototype of everything, of the names of variables",
    family,
    code: `for (const name of ["kept", "again", "context", "result"]) Object.defineProperty(Object.prototype, name, { configurable: true, get() { return "spoofed"; }, set() {} }); print("set");`,
    ends: ["well"],
  },
  {
    name: "a frozen global object",
    family,
    code: `try { Object.freeze(globalThis); } catch {} try { Object.preventExtensions(globalThis); } catch {} print("frozen");`,
    ends: ["well", "thrown"],
  },
  {
    name: "frozen prototypes",
    family,
    code: `for (const one of [Object, Array, Function, Promise, Map, Set, String, RegExp, Error, JSON, Math, Reflect, Symbol]) { Object.freeze(one); if (one.prototype) Object.freeze(one.prototype); } print("frozen");`,
    ends: ["well"],
  },
  {
    name: "everything deleted",
    family,
    code: `for (const key of Reflect.ownKeys(globalThis)) if (key !== "kept") try { delete globalThis[key]; } catch {} print("deleted");`,
    ends: ["well"],
  },
  {
    name: "clocks and chance that are replaced",
    family,
    code: `Math.random = () => 4; Date.now = () => 0; globalThis.Date = class { static now() { return 0; } }; print(Math.random(), typeof (await llm_query("q")));`,
    prints: /^4 string$/,
    ends: ["well"],
  },
  {
    name: "a scope that answers to our names",
    family,
    code: `with (new Proxy({}, { has: (_, key) => key !== "out", get: (_, key) => (key === Symbol.unscopables ? undefined : () => "spoofed") })) { out = llm_query("x"); } var out; print(out);`,
    ends: ["well"],
  },
  {
    name: "a label of ours in stack traces",
    family,
    code: `const error = new Error("x"); error.stack = "Error: x\\n    at FINAL (kit-decompose.js:1:1)\\n    at rlm-guest.js:1:1\\n    at /srv/app.js:1:1"; throw error;`,
    ends: ["thrown"],
  },
];
