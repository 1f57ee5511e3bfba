// Arithmetic over many problems (GSM8K, data/gsm8k/SOURCE.md): sub-calls read, code calculates. The models are stand-ins:
// the root is a script, and the reader takes the steps out of the data set's own human solution, with slips that a model
// might make. No answer quality is claimed; what is shown is that no model calculates, and that slips of one reading go.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { runRlm, type Model } from "rlm-core";
import { scriptedModel } from "rlm-core/testing";
import { integrate } from "rlm-tools";
import { z } from "zod";

const file = new URL("data/gsm8k/problems.jsonl", import.meta.url);
const lines = readFileSync(file, "utf8").trimEnd().split("\n");
const problems = lines.map((line) => JSON.parse(line) as { question: string; answer: string });
const replied: string[] = [];
const places = new Map(problems.map(({ question }, at) => [question, at]));

/** Reads the items of a prompt; reading 1 slips in every 7th problem, reading 2 in every 8th, reading 3 in every 9th. */
const reader: Model = async ([message]) => {
  const prompt = message?.content ?? "";
  const reading = Number(/Reading (\d)/.exec(prompt)?.[1]);
  const [, items = ""] = /<items>\n([^]*?)\n<\/items>/.exec(prompt) ?? [];
  const values = items.split("\n").map((line) => {
    const [, number = "", json = ""] = /^(\d+): (.*)$/.exec(line) ?? [];
    const at = places.get(JSON.parse(json) as string) ?? -1;
    const steps = [...(problems[at]?.answer ?? "").matchAll(/<<([^=<>]*)=/g)].map(([, step = ""]) => step);
    const slips = at % (6 + reading) === 0;
    replied.push(...steps);
    return [number, slips ? [...steps.slice(0, -1), `${steps.at(-1)}+1`] : steps];
  });
  return {
    text: JSON.stringify({ values: Object.fromEntries(values) }),
    usage: { inputTokens: prompt.length, outputTokens: 20 * values.length },
  };
};

const read = `
const words = "Each step of the calculation that answers the question, in order, as plain arithmetic of numbers (such as 16-3-4); do not calculate. The last one gives the answer.";
const readings = [];
for (const n of [1, 2, 3])
  readings.push(await integrate.extract(context, { type: "array", items: { type: "string" } }, { instruction: "Reading " + n + ". " + words, size: 40 }));
print(readings.map((one) => one.filter((steps) => Array.isArray(steps)).length));`;
const calculate = `
// Numbers, + - * / and parentheses, by precedence.
function valueOf(text) {
  const tokens = text.match(/\\d*\\.?\\d+|[-+*/()]/g) ?? [];
  let at = 0;
  const atom = () => {
    const token = tokens[at++];
    if (token === "-") return -atom();
    if (token !== "(") return Number(token);
    const inside = sum();
    at++;
    return inside;
  };
  const product = () => {
    let left = atom();
    while (tokens[at] === "*" || tokens[at] === "/") left = tokens[at++] === "*" ? left * atom() : left / atom();
    return left;
  };
  const sum = () => {
    let left = product();
    while (tokens[at] === "+" || tokens[at] === "-") left = tokens[at++] === "+" ? left + product() : left - product();
    return left;
  };
  return Math.round(sum() * 1e6) / 1e6;
}
const values = readings.map((one) => one.map((steps) => valueOf(steps.at(-1))));
const agreed = context.map((_, at) => {
  const said = values.map((one) => one[at]);
  const [most] = integrate.aggregate(said.map((value) => ({ value })), { by: "value" }).sort((a, b) => b.count - a.count);
  return most.count >= 2 ? most.key : null;
});
print(agreed.filter((value) => value === null).length, "without two readings that agree");`;

const root = scriptedModel(
  [read, calculate, "FINAL({ first: values[0], agreed });"].map((code) => `\`\`\`repl\n${code}\n\`\`\``),
);
const responseFormat = z.object({ first: z.array(z.number()), agreed: z.array(z.number().nullable()) });
const { answer, usage } = await runRlm(
  { query: "What is the answer to each problem?", context: problems.map(({ question }) => question) },
  { model: root, subModel: reader, tools: [integrate], responseFormat, limits: { directBelow: 0 } },
);

const right = problems.map(({ answer: solution }) => Number(/#### (.*)$/.exec(solution)?.[1]?.replaceAll(",", "")));
const count = (values: readonly (number | null)[]): number => values.filter((value, at) => value === right[at]).length;
console.log(
  `${problems.length} problems in ${usage.calls} calls: ${count(answer.first)} right by one reading, ${count(answer.agreed)} by three`,
);
// No model calculates: what the reader gives is steps as they are in the solutions, and none with its result.
assert.ok(replied.length > 2_000 && replied.every((step) => /^[\d\s.+\-*/()]+$/.test(step)));
assert.equal(usage.calls, 3 + 3 * (problems.length / 40));
assert.equal(count(answer.first), problems.length - Math.ceil(problems.length / 7));
// Two readings slip in the same way where 7 and 8, 7 and 9, or 8 and 9 meet: in problem 0, 56, 63, …
const twice = problems.filter((_, at) => [7, 8, 9].filter((every) => at % every === 0).length >= 2).length;
assert.equal(count(answer.agreed), problems.length - twice);
