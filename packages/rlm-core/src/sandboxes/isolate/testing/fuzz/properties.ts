import vm from "node:vm";
import {
  array,
  asyncProperty,
  constantFrom,
  nat,
  property,
  tuple,
  type IAsyncProperty,
  type IProperty,
} from "fast-check";
import { expect } from "vitest";
import { rewrite } from "../../rewrite.ts";
import { CodeSyntaxError } from "../../syntax-error.ts";
import { createChoices } from "./choices.ts";
import { program } from "./program.ts";
import { runBlocks, runWhole } from "./run-program.ts";
import { tokens } from "./tokens.ts";

/** How often a property is tried; `FUZZ_SEED` makes other programs than the usual ones. */
export function fuzzed(runs: number): { seed: number; numRuns: number } {
  return { seed: Number(process.env["FUZZ_SEED"] ?? 1), numRuns: runs };
}

let nextName = 0;
const tape = array(nat(0xffffff), { maxLength: 400, size: "max" });

/** A random program, split into blocks at random, does what it does whole. */
export const splitEqualsWhole: IAsyncProperty<[number[]]> = asyncProperty(tape, async (numbers) => {
  const made = program(createChoices(numbers), nextName);
  nextName = made.next;
  const { codes, ...split } = runBlocks(made);
  const whole = await runWhole(made, codes.length);
  expect(whole.error, "The grammar made what is no program").not.toMatch(/^SyntaxError/);
  expect(split, codes.join("\n---\n")).toEqual(whole);
});

const gap = constantFrom("", " ", " ", "\n", "\r\n", "\u2028", ";", " // no\n", "/* no */");
const soup = array(tuple(constantFrom(...tokens), gap), { minLength: 1, maxLength: 14, size: "max" });

/** Whatever rewrite() is given, it throws an error of its own or gives scripts that V8 can parse. */
export const soupIsRefusedOrParsable: IProperty<[[string, string][]]> = property(soup, (parts) => {
  const code = parts.flat().join("");
  for (const script of rewritten(code)) {
    const problem = compile(script);
    if (typeof problem !== "string") continue;
    // Then it is the code's own, which the engine sees and our parser does not.
    expect(compile(`(async()=>{${code}\n})`), `${code}\n---\n${script}\n---\n${problem}`).toBeTypeOf("string");
  }
});

function rewritten(code: string): string[] {
  try {
    const { main, functions } = rewrite(code, "block-1.js", new Set(["print"]));
    return [main, functions];
  } catch (error) {
    expect(error).toBeInstanceOf(CodeSyntaxError);
    return [];
  }
}

function compile(script: string): vm.Script | string {
  try {
    return new vm.Script(script);
  } catch (error) {
    return String(error);
  }
}
