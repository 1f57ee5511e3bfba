import vm from "node:vm";
import type { Done } from "../../../../sandbox.ts";
import { testMachine } from "../test-machine.ts";
import type { Program } from "./program.ts";

/** What a program came to: what it printed, its variables, and its error with the line of the whole program. */
export interface Outcome {
  printed: string;
  variables: Record<string, string>;
  error: string;
  line: number | undefined;
}

const prelude = `var __fuel = 200, __steps = 3000, __tell = () => ({})
function __number(v) { return typeof v === "number" ? v : 1 }
function __text(a, b) { return (String(typeof a === "object" ? __show(a) : a) + __show(b)).slice(0, 40) }
function __show(v, depth = 3) {
  if (--__steps < 0) return ".."
  if (typeof v === "string") return JSON.stringify(v.slice(0, 60))
  if (typeof v === "function") return "function " + v.name + "/" + v.length
  if (typeof v !== "object" || v === null) return Object.is(v, -0) ? "-0" : String(v)
  if (v instanceof Error) return v.name + ": " + v.message
  if (depth === 0) return "..."
  if (Array.isArray(v)) return "[" + v.length + ":" + v.slice(0, 5).map((each) => __show(each, depth - 1)).join() + "]"
  const keys = Object.keys(v).slice(0, 6).map((key) => key + ":" + __show(v[key], depth - 1))
  return (v.constructor === Object ? "" : v.constructor.name) + "{" + keys.join() + "}"
}`;

/** Runs the blocks in the REPL, one after another, up to the first error. */
export function runBlocks({ blocks, lineBreak }: Program): Outcome & { codes: string[] } {
  const { run, count } = currentRepl();
  run(prelude);
  const before = count();
  const codes: string[] = [];
  const firstLines: number[] = [0];
  let printed = "";
  let error = "";
  for (const pieces of blocks) {
    const lines = pieces.flatMap(({ text }) => text.split("\n"));
    codes.push(lines.join(lineBreak));
    firstLines.push((firstLines.at(-1) ?? 0) + lines.length);
    const done = run(codes.at(-1) ?? "");
    printed += done.output.text;
    error = done.error?.message ?? "";
    if (error !== "") break;
  }
  const [, block = "0", line] = /block-(\d+)\.js:(\d+)/.exec(error) ?? [];
  const names = namesOf(blocks.slice(0, codes.length));
  const tell = names.map(
    (name) => `${name}: typeof ${name} === "undefined" ? "undefined" : (__steps = 300, __show(${name}))`,
  );
  const told = run(`print(JSON.stringify({ ${tell.join()} }))`).output.text;
  return {
    printed,
    // Getters may print while they are shown.
    variables: JSON.parse(told.trimEnd().split("\n").at(-1) ?? "") as Record<string, string>,
    error: error.split("\n")[0] ?? "",
    line: line === undefined ? undefined : (firstLines[Number(block) - before - 1] ?? 0) + Number(line),
    codes,
  };
}

let repl = newRepl();

/** One REPL for many programs: each takes memory until the garbage collection finds it. */
function currentRepl(): typeof repl {
  if (repl.count() > 1_000) repl = newRepl();
  return repl;
}

function newRepl(): { run(code: string): Done; count(): number } {
  const { run } = testMachine({ limits: { outputChars: 1_000_000 } });
  let blocks = 0;
  return {
    run(code) {
      blocks++;
      return run(code);
    },
    count: () => blocks,
  };
}

/** Runs the program as the body of one plain async function, and tells of the variables of the blocks that were reached. */
export async function runWhole({ blocks, lineBreak }: Program, reached: number): Promise<Outcome> {
  const pieces = blocks.flatMap((block) =>
    block.map(({ text, whole = text, isValue }, index) =>
      isValue === true && index === block.length - 1 ? `print(${whole})` : whole,
    ),
  );
  const code = pieces.join("\n").replaceAll("\n", lineBreak);
  const names = namesOf(blocks.slice(0, reached));
  const tell = names.map(
    (name) => `${name}: (() => { try { return (__steps = 300, __show(${name})) } catch { return "undefined" } })()`,
  );
  const opening = `(async()=>{__tell = () => ({ ${tell.join()} });`;
  let printed = "";
  const context = vm.createContext({
    print: (text: string) => {
      printed += `${text}\n`;
    },
  });
  vm.runInContext(prelude, context);
  let error = "";
  let line: number | undefined;
  try {
    await vm.runInContext(`${opening}${code}\n})()`, context, { filename: "whole.js" });
  } catch (thrown) {
    const { name, message, stack } = thrown as Error;
    error = thrown === null || typeof thrown !== "object" ? `Thrown: ${String(thrown)}` : `${name}: ${message}`;
    line = Number(/whole\.js:(\d+)/.exec(stack ?? "")?.[1]) || undefined;
  }
  const before = printed;
  const told = vm.runInContext("JSON.stringify(__tell())", context) as string;
  return { printed: before, variables: JSON.parse(told) as Record<string, string>, error, line };
}

function namesOf(blocks: Program["blocks"]): string[] {
  return blocks.flatMap((pieces) => pieces.flatMap(({ names }) => names));
}
