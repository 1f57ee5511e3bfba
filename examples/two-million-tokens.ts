// Question answering over two million tokens, with evidence: all 233 State of the Union addresses (data/sotu/SOURCE.md) and
// one question. The models are stand-ins: the root is a script, and what reads passages goes by a rule.
import assert from "node:assert/strict";
import { countTokens, named, runRlm, type Model } from "rlm-core";
import { scriptedModel } from "rlm-core/testing";
import { decompose, integrate } from "rlm-tools";
import { z } from "zod";
import { loadAddresses } from "./panama/addresses.ts";

const addresses = await loadAddresses();
const texts = Object.fromEntries(addresses.map(({ text }, at) => [`address_${at}`, text]));
const years = addresses.map(({ year }) => year);

// As many at least: the first hundred are counted; of the others each word, three digits or marks before a space are one or more.
const counted = await Promise.all(
  addresses.map(async ({ text }, at) =>
    at < 100
      ? await countTokens(text)
      : (text.match(/\p{L}+(?:['’]\p{L}+)*|\p{N}{1,3}|[^\s\p{L}\p{N}]+(?=\s)/gu)?.length ?? 0),
  ),
);
const tokens = counted.reduce((sum, count) => sum + count, 0);
assert.ok(tokens >= 2_000_000, `Expected two million tokens, got ${tokens} at least`);

/** Reads numbered passages: true where a president says in his own voice that the Union is strong. */
const reader: Model = async ([message]) => {
  const prompt = message?.content ?? "";
  const [, items = ""] = /<items>\n([^]*?)\n<\/items>/.exec(prompt) ?? [];
  const values = items.split("\n").map((line) => {
    const passage = JSON.parse(line.slice(line.indexOf(":") + 1)) as string;
    return [
      line.slice(0, line.indexOf(":")),
      /\b(?:Union|union|America) (?:is|has never been|remains) (?:\w+ )?strong/.test(passage),
    ];
  });
  return {
    text: JSON.stringify({ values: Object.fromEntries(values) }),
    usage: { inputTokens: prompt.length / 4, outputTokens: 10 * values.length },
  };
};

const look = `
const names = Object.keys(context);
print(names.length, "addresses,", names.reduce((sum, name) => sum + context[name].length, 0), "characters");
const { total } = find(/state of (?:our|the) union/i, { max: 3, around: 80 });
print(total, "places that speak of it");`;
const read = `
const passages = names.flatMap((name) =>
  [...context[name].matchAll(/state of (?:our|the) union/gi)].map(({ index }) => {
    const sentence = decompose.sentences(context[name].slice(Math.max(0, index - 300), index + 300)).find(({ start, end }) => {
      const at = Math.min(300, index);
      return start <= at && at < end;
    });
    return { name, sentence: sentence.text.trim() };
  }));
const { indices, failed } = await integrate.filter(passages.map(({ sentence }) => sentence), "a president says that the state of the Union is strong");
print(passages.length, "passages,", indices.length, "say so,", failed.length, "failed");
const strong = indices.map((index) => passages[index]);`;
const end = `
const found = [...new Map(strong.map((one) => [one.name, one])).values()];
FINAL(found.map(({ name }) => Number(name.slice(8))), found.map(({ name, sentence }) => ({ claim: name + " says that it is strong", quote: sentence, source: name })));`;

const root = scriptedModel([look, read, end].map((code) => `\`\`\`repl\n${code}\n\`\`\``));
const lengths: number[] = [];
const watched =
  (model: Model): Model =>
  async (messages, options) => {
    lengths.push(messages.reduce((sum, { content }) => sum + content.length, 0));
    return await model(messages, options);
  };
const { answer, citations, usage } = await runRlm(
  {
    query: "In which addresses does the president say that the state of the Union is strong?",
    context: named({ context: texts }),
  },
  {
    model: watched(root),
    subModel: watched(reader),
    tools: [decompose, integrate],
    responseFormat: z.array(z.int()),
    cite: true,
    limits: { directBelow: 0 },
  },
);

for (const { source, key, quote } of citations.slice(0, 3))
  console.log(`${years[Number(String(key ?? source).slice(8))]}: ${quote}`);
const chars = addresses.reduce((sum, { text }) => sum + text.length, 0);
console.log(
  `… in all ${answer.length} addresses, ${Math.min(...answer.map((at) => years[at] ?? 0))} to ${Math.max(...answer.map((at) => years[at] ?? 0))}; ${chars} characters, at least ${tokens} tokens, in ${usage.calls} calls, none of more than ${Math.max(...lengths)}`,
);

// By a scan of its own, and every citation where it says that it stands.
const expected = addresses.flatMap(({ text }, at) => {
  const sentences = text.match(/[^.!?]*state of (?:our|the) union[^.!?]*[.!?]/gi) ?? [];
  return sentences.some((one) => /\b(?:union|America) (?:is|has never been|remains) (?:\w+ )?strong/i.test(one))
    ? [at]
    : [];
});
assert.deepEqual(answer, expected);
assert.equal(citations.length, answer.length);
for (const { key, start, end: to, quote } of citations) assert.equal(texts[String(key)]?.slice(start, to), quote);
assert.ok(Math.max(...lengths) <= 60_000);
