import { describe, expect, it } from "vitest";
import { z } from "zod";
import { typeOfSchema } from "./type-of-schema.ts";

const cases: Record<string, [schema: unknown, type: string]> = {
  "an object": [
    { type: "object", properties: { city: { type: "string" }, days: { type: "integer" } }, required: ["city"] },
    "{ city: string; days?: number }",
  ],
  "choices and lists": [
    z.toJSONSchema(z.object({ unit: z.enum(["C", "F"]), tags: z.array(z.union([z.string(), z.null()])) })),
    '{ unit: "C" | "F"; tags: (string | null)[] }',
  ],
  "records and tuples": [
    z.toJSONSchema(z.object({ by: z.record(z.string(), z.number()), at: z.tuple([z.number(), z.string()]) })),
    "{ by: Record<string, number>; at: [number, string] }",
  ],
  "what a field is for": [
    z.toJSONSchema(z.object({ n: z.number().default(3).describe("How\nmany */") }), { io: "input" }),
    "{ n?: number /* How many * /; default 3 */ }",
  ],
  "a name that is no identifier": [{ properties: { "x-y": true } }, '{ "x-y"?: unknown }'],
  references: [
    { type: "object", properties: { a: { $ref: "#/$defs/one" } }, $defs: { one: { const: 1 } } },
    "{ a?: 1 }",
  ],
  "what is put together": [
    { allOf: [{ type: "string" }, { anyOf: [{ const: "a" }, { const: "b" }] }] },
    'string & ("a" | "b")',
  ],
  nothing: [undefined, "unknown"],
};

describe("typeOfSchema()", () => {
  for (const [name, [schema, type]] of Object.entries(cases)) {
    it(`typeOfSchema() renders ${name}`, () => {
      expect(typeOfSchema(schema)).toBe(type);
    });
  }

  it("typeOfSchema() ends for a schema that refers to itself", () => {
    expect(typeOfSchema({ type: "object", properties: { next: { $ref: "#" } } })).toMatch(/^\{ next\?: .*unknown/);
  });
});
