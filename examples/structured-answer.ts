// A structured answer: with a zod schema as response format the answer is a value of its type, checked before it is
// taken. What does not fit goes back to the code as an error, and the model mends it.
import assert from "node:assert/strict";
import { scriptedModel } from "rlm-core/testing";
import { createRlm } from "rlm-langgraph";
import { z } from "zod";

const Incident = z.object({
  title: z.string(),
  severity: z.enum(["low", "high"]),
  affected: z.array(z.object({ service: z.string(), errors: z.int() })),
});

const log = Array.from(
  { length: 30_000 },
  (_, n) => `${n} ${n % 3 === 0 ? "billing" : "search"} ${n % 9_000 === 0 ? "ERROR" : "ok"}`,
);
const model = scriptedModel([
  "```repl\nconst bad = context.split('\\n').filter((line) => line.endsWith('ERROR'));\nprint(bad.join('; '));\n```",
  // "urgent" is no severity: FINAL throws, and says so to the model.
  "```repl\nFINAL({ title: 'Billing fails', severity: 'urgent', affected: [{ service: 'billing', errors: bad.length }] });\n```",
  "```repl\nFINAL({ title: 'Billing fails', severity: 'high', affected: [{ service: 'billing', errors: bad.length }] });\n```",
]);

const rlm = createRlm({ model, responseFormat: Incident });
const { answer } = await rlm.invoke({ query: "What happened?", context: log.join("\n") });

// TypeScript knows the type by the schema.
const services: string[] = answer.affected.map(({ service, errors }) => `${service}: ${errors}`);
console.log(`${answer.title} (${answer.severity}): ${services.join(", ")}`);
console.log(model.calls.at(-1)?.messages.at(-1)?.content.slice(0, 300));

assert.deepEqual(answer, { title: "Billing fails", severity: "high", affected: [{ service: "billing", errors: 4 }] });
assert.equal(model.calls.length, 3);
