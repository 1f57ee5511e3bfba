// A summary of a long document: a parliament's meeting of QMSum (data/qmsum/SOURCE.md), by its turns and as a tree. The root
// is a script, and what summarises is a stand-in made of rules: it takes whole sentences out of what it is given. No answer
// quality is claimed: a person's summary is printed below it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { runRlm, type Model } from "rlm-core";
import { scriptedModel } from "rlm-core/testing";
import { decompose, integrate } from "rlm-tools";

interface Meeting {
  summary: string;
  turns: { speaker: string; content: string }[];
}
const meeting = JSON.parse(readFileSync(new URL("data/qmsum/meeting.json", import.meta.url), "utf8")) as Meeting;
const transcript = meeting.turns.map(({ speaker, content }) => `${speaker}: ${content}`).join("\n");
const maxChars = 12_000;

const common = new Set(
  "the a an and or of to in on for is are was were be been it its this that with as by at from we i you they he she our your their have has had will would can not but so if there which who what about very also do did just more all any into than then no one".split(
    " ",
  ),
);
const wordsOf = (text: string): string[] =>
  (text.toLowerCase().match(/[a-z']+/g) ?? []).filter((word) => word.length > 2 && !common.has(word));

/** SumBasic (Nenkova and Vanderwende 2005): sentence by sentence the one with the most frequent words, used ones counting less each time. */
const summarise: Model = async ([message]) => {
  const prompt = message?.content ?? "";
  const [, items = ""] = /<items>\n([^]*?)\n<\/items>/.exec(prompt) ?? [];
  const texts = items.split("\n").map((line) => JSON.parse(line.slice(line.indexOf(":") + 1)) as string);
  const sentences = texts.flatMap((text) => text.match(/[^.!?]+[.!?]+/g) ?? [text]).map((one) => one.trim());
  const left = new Set(sentences.filter((one) => wordsOf(one).length >= 8 && wordsOf(one).length <= 40));
  const weight = new Map<string, number>();
  const all = sentences.flatMap(wordsOf);
  for (const word of all) weight.set(word, (weight.get(word) ?? 0) + 1 / all.length);
  const score = (sentence: string): number =>
    wordsOf(sentence).reduce((sum, word) => sum + (weight.get(word) ?? 0), 0) / wordsOf(sentence).length;
  const taken: string[] = [];
  while (taken.length < 12 && left.size > 0) {
    const [best = ""] = [...left].toSorted((a, b) => score(b) - score(a));
    left.delete(best);
    taken.push(best);
    for (const word of wordsOf(best)) weight.set(word, (weight.get(word) ?? 0) ** 2);
  }
  return { text: taken.join(" "), usage: { inputTokens: prompt.length, outputTokens: 50 * taken.length } };
};

const cut = `
const turns = decompose.turns(context);
const pieces = turns.flatMap(({ speaker, text }) =>
  text.length < 4_000 ? [text] : decompose.chunks(text, { size: 4_000, boundary: "sentence" }).map((piece) => speaker + ": " + piece.text));
print(turns.length, "turns by", new Set(turns.map(({ speaker }) => speaker)).size, "speakers,", pieces.length, "pieces");`;
const reduced = `
const { value, failed } = await integrate.reduce(pieces, "Summarise this part of a meeting in a few sentences: what was done, asked and decided, and about what.");
print(failed.length, "failed;", value);`;
const root = scriptedModel([cut, reduced, "FINAL(value);"].map((code) => `\`\`\`repl\n${code}\n\`\`\``));
const lengths: number[] = [];
const subModel: Model = async (messages, options) => {
  lengths.push(messages.reduce((sum, { content }) => sum + content.length, 0));
  return await summarise(messages, options);
};
const { answer, usage } = await runRlm(
  { query: "Summarise the whole meeting.", context: transcript },
  { model: root, subModel, tools: [decompose, integrate], limits: { directBelow: 0, promptChars: maxChars } },
);

// Its sentences are out of the meeting, and not of its beginning alone.
const sentences = (answer.match(/[^.!?]+[.!?]+/g) ?? []).map((one) => one.trim()).filter((one) => one.length > 30);
const places = sentences.map((one) => transcript.indexOf(one));
const tenths = new Set(places.map((at) => Math.floor((10 * at) / transcript.length)));
console.log(answer);
console.log(
  `${transcript.length} characters in ${usage.calls} calls to ${answer.length}, out of ${tenths.size} tenths of the meeting`,
);
console.log(`A person's: ${meeting.summary}`);

// ROUGE-1 recall of content words, which rules that take sentences out do badly at: the measure is shown, a model is to be put in.
const recall = (text: string): number => {
  const [have, wanted] = [new Set(wordsOf(text)), new Set(wordsOf(meeting.summary))];
  return [...wanted].filter((word) => have.has(word)).length / wanted.size;
};
const [own, first] = [recall(answer), recall(transcript.slice(0, answer.length))];
console.log(
  `Of its content words here ${(100 * own).toFixed(0)} %, in the meeting's first ${answer.length} characters ${(100 * first).toFixed(0)} %`,
);

assert.ok(Math.max(...lengths) <= maxChars, "a request was too long");
assert.ok(answer.length < transcript.length / 50, "the summary is long");
assert.ok(sentences.length > 5 && places.every((at) => at >= 0), "a sentence is not out of the meeting");
assert.ok(tenths.size >= 5, "most of the meeting is not in it");
assert.ok(usage.calls > 10, "it was not taken in parts");
