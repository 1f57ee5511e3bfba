import { expect, it } from "vitest";
import { entriesOf } from "./entries-of.ts";

it("entriesOf() takes a text as it is", () => {
  expect(entriesOf("a text")).toEqual([{ path: "context", text: "a text", fields: {} }]);
});

it("entriesOf() takes the long strings of records as texts and the short ones as labels", () => {
  const long = "x".repeat(100);
  const records = [
    { year: 1871, name: "Ada", body: "short here", draft: false },
    { year: 1872, name: "Bo", body: long, note: null },
  ];
  expect(entriesOf(records, "letters")).toEqual([
    { path: "letters[0].body", text: "short here", fields: { year: 1871, name: "Ada", draft: false } },
    { path: "letters[1].body", text: long, fields: { year: 1872, name: "Bo" } },
  ]);
});

it("entriesOf() takes the longest of short strings as the text", () => {
  expect(entriesOf([{ user: "ann", says: "hello there" }])).toEqual([
    { path: "context[0].says", text: "hello there", fields: { user: "ann" } },
  ]);
});

it("entriesOf() finds texts at any depth, with the labels of the records above them", () => {
  const messages = [
    { role: "user", content: [{ type: "text", text: "hello" }] },
    { role: "ai", content: "hi" },
  ];
  expect(entriesOf({ "part one": messages, two: "a text", three: 3 })).toEqual([
    { path: 'context["part one"][0].content[0].text', text: "hello", fields: { role: "user", type: "text" } },
    { path: 'context["part one"][1].content', text: "hi", fields: { role: "ai" } },
    { path: "context.two", text: "a text", fields: {} },
  ]);
});

it("entriesOf() takes keys such as constructor and __proto__ as any other", () => {
  const context: unknown = JSON.parse('[{ "constructor": "a text", "__proto__": { "deep": "b" }, "toString": 1 }]');
  expect(entriesOf(context).map(({ path, text }) => [path, text])).toEqual([["context[0].__proto__.deep", "b"]]);
});
