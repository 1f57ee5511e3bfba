import { expect, it } from "vitest";
import { z } from "zod";
import { defineTool } from "./define-tool.ts";
import { misfit } from "./json-schema.ts";

const options = { signal: new AbortController().signal };

it("defineTool() gives run what the zod schema makes of the arguments, and the code the schema of what goes in", async () => {
  const tool = defineTool({
    name: "double",
    description: "Doubles.",
    parameters: z.object({
      amount: z
        .string()
        .transform(Number)
        .refine((value) => value > 0, "must be positive"),
    }),
    run: ({ amount }) => amount * 2,
  });
  expect(misfit({ amount: "4" }, tool.parameters)).toBeUndefined();
  expect(misfit({ amount: 4 }, tool.parameters)).toContain("amount");
  expect(await tool.run({ amount: "4" }, options)).toBe(8);
  await expect(tool.run({ amount: "-4" }, options)).rejects.toThrow(
    "Cannot call double with these arguments: amount: must be positive.",
  );
});

it("defineTool() takes a JSON Schema as it is and keeps the bounds of the tool", async () => {
  const parameters = { type: "object", required: ["id"], properties: { id: { type: "string" } } } as const;
  const tool = defineTool({ name: "get", description: "", parameters, maxCalls: 3, run: ({ id }) => ({ id }) });
  expect(tool).toMatchObject({ name: "get", maxCalls: 3, parameters });
  expect(await tool.run({ id: "a" }, options)).toEqual({ id: "a" });
});

it("defineTool() refuses a schema that no JSON Schema can say, naming the tool", () => {
  const parameters = z.object({ when: z.date() });
  expect(() => defineTool({ name: "at", description: "", parameters, run: () => null })).toThrow(
    'Cannot use the parameters of tool "at": ',
  );
});
