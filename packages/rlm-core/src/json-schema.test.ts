import { describe, expect, it } from "vitest";
import { z } from "zod";
import { callersSchemaProblem, misfit, schemaProblem } from "./json-schema.ts";

describe("misfit()", () => {
  it("misfit() names what does not fit and where", () => {
    const schema = { type: "object", properties: { age: { type: "integer" } }, required: ["age"] };
    expect(misfit({ age: 3 }, schema)).toBeUndefined();
    expect(misfit({ age: "3" }, schema)).toMatch(/age: .*integer/);
    expect(misfit({}, schema)).toMatch(/age/);
    expect(misfit(undefined, schema)).toMatch(/not JSON/);
  });
});

describe("schemaProblem()", () => {
  it("schemaProblem() lets plain schemas pass, also with properties called like keywords", () => {
    expect(
      schemaProblem({ type: "object", properties: { format: { type: "string" }, pattern: { type: "string" } } }),
    ).toBeUndefined();
    expect(schemaProblem({ type: "array", items: { enum: ["$ref", "format"] } })).toBeUndefined();
  });

  it("schemaProblem() refuses what is long, deep or can be slow", () => {
    expect(schemaProblem("string")).toContain("object");
    expect(schemaProblem({ enum: ["x".repeat(20_000)] })).toContain("16384 characters");
    let deep: object = { type: "string" };
    for (let level = 0; level < 20; level++) deep = { type: "array", items: deep };
    expect(schemaProblem(deep)).toContain("8 levels");
    expect(schemaProblem({ $ref: "#" })).toContain("$ref");
    expect(schemaProblem({ items: { pattern: "(a+)+$" } })).toContain("pattern");
    expect(schemaProblem({ patternProperties: { "(a+)+$": {} } })).toContain("patternProperties");
    expect(schemaProblem({ format: "regex" })).toContain("format");
  });

  it("schemaProblem() refuses keywords of a wrong form, of which the validator makes a slow RegExp or an exception", () => {
    const forms: object[] = [
      { pattern: ["(a+)+$"] },
      { items: { pattern: ["(a+)+$"] } },
      { propertyNames: { pattern: ["(a+)+$"] } },
      { format: ["email"] },
      { $ref: ["#"] },
      { $ref: true },
      { $recursiveRef: "#" },
      { __absolute_ref__: "x" },
      { required: 7 },
      { enum: 5 },
      { properties: { a: null } },
      { dependentRequired: { a: 5 } },
      { allOf: [null] },
      { type: "objekt" },
      { type: ["string", "text"] },
    ];
    for (const form of forms)
      expect(schemaProblem(form), JSON.stringify(form)).toMatch(/not allowed|cannot be|has to be/);
  });

  it("schemaProblem() lets every form of a usable schema pass", () => {
    const usable = {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      title: "t",
      type: ["object", "null"],
      properties: { format: true, $ref: { type: "string" }, a: { anyOf: [{ const: 1 }, { enum: ["x"] }] } },
      required: ["a"],
      additionalProperties: false,
      propertyNames: { minLength: 1 },
      nullable: true,
      not: {
        required: ["b"],
        properties: { b: { type: "array", prefixItems: [true], items: false, uniqueItems: true } },
      },
    };
    expect(schemaProblem(usable)).toBeUndefined();
    expect(misfit({ a: 1 }, usable)).toBeUndefined();
  });
});

describe("callersSchemaProblem()", () => {
  it("callersSchemaProblem() says what is wrong with a schema that nothing could fit, or that the validator throws at", () => {
    const problem = (schema: object) => callersSchemaProblem(schema as Record<string, unknown>);
    expect(problem({ type: "objekt" })).toBe('"type" cannot be "objekt"');
    expect(problem({ properties: { a: { type: "text" } } })).toBe('"type" cannot be "text"');
    expect(problem({ properties: { a: "string" } })).toBe("a schema has to be an object");
    expect(problem({ required: "a" })).toBe('"required" cannot be "a"');
    expect(problem({ pattern: "(" })).toBe('"pattern" cannot be "("');
    expect(problem({ items: { $ref: "#/$defs/none" } })).toBe('"$ref" leads nowhere: "#/$defs/none"');
    const endless: Record<string, unknown> = {};
    endless["items"] = endless;
    expect(problem(endless)).toMatch(/circular/);
  });

  it("callersSchemaProblem() lets pass what zod makes, and keywords that it does not know", () => {
    const node = z.object({
      email: z.email(),
      when: z.iso.datetime().optional(),
      id: z.string().regex(/^[a-z]+$/),
      more: z.record(z.string(), z.tuple([z.int(), z.null()])),
      get children() {
        return z.array(node);
      },
    });
    expect(callersSchemaProblem(z.toJSONSchema(node))).toBeUndefined();
    expect(callersSchemaProblem({ type: "string", "x-order": ["a"], format: "email" })).toBeUndefined();
    expect(callersSchemaProblem({ $id: "https://example.org/a", $ref: "#/$defs/a", $defs: { a: true } })).toBe(
      undefined,
    );
  });
});
