import { expect, it } from "vitest";
import { fillSchema } from "./fill-schema.ts";
import { readingsSchema } from "./readings.ts";

const quote = { sentence: "The mill burned in 1871.", when: "1871", who: null };
const readings = [
  { id: 4, mentions: 2, quotes: [quote, { sentence: "A mill!", when: null, who: "Ann" }] },
  { id: 9, mentions: 0, quotes: [] },
];

it("fillSchema() gives the stand-in's own sub-calls every passage with its id", () => {
  expect(fillSchema(readingsSchema, readings)).toEqual({ passages: readings });
});

it.each([
  [
    { type: "object", properties: { found: { type: "boolean" }, count: { type: "integer" } } },
    { found: true, count: 2 },
  ],
  [
    { type: "object", properties: { year: { type: "integer" }, speaker: { type: ["string", "null"] } } },
    { year: 1871, speaker: null },
  ],
  [{ type: "array", items: { type: "string" } }, ["The mill burned in 1871.", "A mill!"]],
  [
    { type: "array", items: { type: "object", properties: { id: { type: "integer" }, quote: { type: "string" } } } },
    [
      { id: 4, quote: "The mill burned in 1871." },
      { id: 9, quote: "" },
    ],
  ],
  [{ enum: ["no", "yes"] }, "yes"],
  [{ type: "string" }, "The mill burned in 1871."],
])("fillSchema(%j) follows types and names", (schema, value) => {
  expect(fillSchema(schema, readings)).toEqual(value);
});
