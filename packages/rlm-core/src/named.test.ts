import { expect, it } from "vitest";
import { InputError } from "./errors.ts";
import { named } from "./named.ts";

const bad: [string, RegExp][] = [
  ["two words", /it becomes a variable/],
  ["1st", /it becomes a variable/],
  ["a-b", /it becomes a variable/],
  ["", /it becomes a variable/],
  ["class", /the name is taken in the REPL; choose another, such as "class_text"/],
  ["llm_query", /the name is taken/],
  ["Promise", /the name is taken/],
  ["__proto", /choose another, such as "proto_text"/],
  ["x".repeat(101), /at most 100 characters/],
];
for (const [name, message] of bad) {
  it(`named() refuses the name ${JSON.stringify(name.slice(0, 20))}`, () => {
    expect(() => named({ [name]: "text" })).toThrow(message);
    expect(() => named({ [name]: "text" })).toThrow(InputError);
  });
}

it("named() takes identifiers of any script, and context", () => {
  expect(Object.keys(named({ context: "a", $logs: "b", 판문점: "c" }).contexts)).toEqual([
    "context",
    "$logs",
    "판문점",
  ]);
});

it("named() of nothing is an InputError", () => {
  expect(() => named({})).toThrow("Expected named() to get at least one context");
  expect(() => named([] as unknown as {})).toThrow("got an array");
  expect(() => named(null as unknown as {})).toThrow("got null");
});
