import { pack } from "../decompose/pack.ts";
import { emptyReport } from "./empty-report.ts";
import { cutPassages } from "./guest/cut-passages.ts";
import { entriesOf } from "./guest/entries-of.ts";
import { readPassage } from "./guest/read-passage.ts";
import { evidenceOf, reportOf, reportText } from "./guest/report.ts";
import { knownForm, patternOf, termOf } from "./question.ts";
import { readingsSchema, subPrompt } from "./readings.ts";
import type { RootTask } from "./read-messages.ts";

/** The reply of the root: a sentence and a block of code, as the prompt asks for it. */
export function rootReply(task: RootTask): string {
  const term = termOf(task.question);
  if (task.notes) return notes;
  if (task.conclude !== undefined) return concluding(task, term);
  if (task.replies > 1)
    return reply(
      "Its code did not come to an end.",
      final(task, `Its code ended with an error: ${task.error ?? "none was shown"}`, term),
    );
  if (term === undefined) {
    const look = `print(typeof ${task.contexts[0] ?? "context"});`;
    if (task.replies === 0 && !task.lastTurn)
      return reply("It does not know this form of question, and looks only at the context's type.", look);
    return reply("It does not know this form of question.", `${look}\n${final(task, knownForm)}`);
  }
  const source = patternOf(term);
  if (task.lastTurn && task.replies === 0)
    return reply(
      `It searches for “${term}” and answers at once.`,
      `${look(task, source)}\n${answer(task, term, source)}`,
    );
  if (task.replies === 0) return reply(`It looks at the context and searches it for “${term}”.`, look(task, source));
  const how = task.functions.has("llm_query_batched")
    ? "lets sub-calls read the passages"
    : "reads the passages by code (there are no sub-calls)";
  return reply(`It cuts out what stands around “${term}”, ${how} and joins the results.`, answer(task, term, source));
}

const notes =
  "Offline stand-in: rules, not a language model. It goes by the question alone; what its code has found is in the variables entries, texts, pattern and search.";

function reply(what: string, code: string): string {
  return `Offline stand-in: rules, not a language model. ${what}\n\`\`\`repl\n${code}\n\`\`\``;
}

/** Turn 1: all texts of the context, and a first search. */
function look({ contexts }: RootTask, source: string): string {
  return `// Look: which texts the context holds, and a first search.
const entries = [${contexts.map((name) => `...entriesOf(${name}, ${JSON.stringify(name)})`).join(", ")}];
const texts = entries.map(({ text }) => text);
print(texts.length, "texts; the first begins:", texts[0]?.slice(0, 200));
const pattern = new RegExp(${JSON.stringify(source)}, "giu");
const search = find(pattern, { within: texts, around: 100, max: 3 });
print(search);

${guest("entriesOf", entriesOf)}`;
}

/** Turn 2: cut, read, join, end. */
function answer(task: RootTask, term: string, source: string): string {
  const { functions, json } = task;
  const sub = functions.has("llm_query_batched");
  const carried = [
    guest("cutPassages", cutPassages),
    guest("reportOf", reportOf),
    ...(task.cites ? [guest("evidenceOf", evidenceOf)] : []),
    ...(json ? [] : [guest("reportText", reportText)]),
    ...(sub ? [] : [guest("readPassage", readPassage)]),
    ...(sub && !functions.has("decompose.pack") ? [guest("pack", pack)] : []),
  ];
  return `// Cut: every hit with the text around it, near ones together.
const hits = search.total === 0 ? [] : find(pattern, { within: texts, around: 0, max: search.total }).hits;
const places = hits.map(({ key, at, text }) => ({ entry: Number(key), at, end: at + text.length }));
const passages = cutPassages(places, texts, ${JSON.stringify(sizes(task))});
${sub ? fanOut(task, term) : readByCode(source)}
// Join: what the readings say, by text, and what is missing.
const report = reportOf(${JSON.stringify(term)}, entries, passages, readings);
${finals(task, json ? "report" : "reportText(report)", "evidenceOf(report)")}

${carried.join("\n\n")}`;
}

/** Sub-calls read packs of marked passages; those without an answer are asked once more. */
function fanOut({ functions, calls, pieceChars }: RootTask, term: string): string {
  const batch = Math.max(1, Math.min(16, Math.floor(calls / 2)));
  const pack = functions.has("decompose.pack") ? "decompose.pack" : "pack";
  return `// Fan out: packs of marked passages to sub-calls, side by side; what has no answer is asked once more.
const mark = "data-" + Math.random().toString(36).slice(2);
const blockOf = ({ id, text }) => \`<\${mark} id="\${id}">\\n\${text}\\n</\${mark}>\`;
const promptOf = ({ items }) => ${JSON.stringify(subPrompt(term))} + "\\n\\n" + items.join("\\n");
const schema = ${JSON.stringify(readingsSchema)};
const readings = [];
const answered = new Set();
let open = passages;
for (let round = 1; round <= 2 && open.length > 0; round++) {
  const blocks = open.map(blockOf);
  const longest = blocks.reduce((most, { length }) => Math.max(most, length), 0);
  const size = Math.max(longest, Math.min(${pieceChars}, Math.max(4000, Math.ceil(blocks.join("").length / ${batch}))));
  const packs = ${pack}(blocks, { size });
  const replies = await llm_query_batched(packs.map(promptOf), { schema });
  replies.forEach((reply, index) => {
    if (reply instanceof Error) return;
    // A reply counts for the passages of its own pack, once for each.
    const asked = new Set(open.slice(packs[index].start, packs[index].end).map(({ id }) => id));
    for (const reading of reply.passages) if (asked.delete(reading.id)) readings.push(reading);
  });
  for (const { id } of readings) answered.add(id);
  open = passages.filter(({ id }) => !answered.has(id));
}
print(passages.length, "passages,", open.length, "without an answer");`;
}

function readByCode(source: string): string {
  return `// Read: the sentences with a hit, by rules, for there are no sub-calls here.
const readings = passages.map(({ id, text }) => ({ id, ...readPassage(text, ${JSON.stringify(source)}) }));`;
}

// A passage is a small part of what a sub-call reads, so that packs of them fill it well.
function sizes({ pieceChars }: RootTask): { reach: number; size: number } {
  const size = Math.max(100, Math.min(4000, Math.floor(pieceChars / 4)));
  return { reach: Math.min(400, Math.floor(size / 4)), size };
}

function concluding(task: RootTask, term: string | undefined): string {
  if (task.conclude?.includes("report") === true)
    return reply("It hands over what it has.", finals(task, task.json ? "report" : "reportText(report)"));
  const why = term === undefined ? knownForm : "The run ended before it had read any passage.";
  return task.json ? JSON.stringify(emptyReport(why, term)) : emptyReport(why).note;
}

function final(task: RootTask, why: string, term?: string): string {
  const empty = emptyReport(why, term);
  return finals(task, JSON.stringify(task.json ? empty : empty.note));
}

/** The call of FINAL. Where that needs evidence an answer without any, or whose evidence is refused, is given twice: that is how to say that there is none. */
function finals({ cites }: RootTask, value: string, evidence = "[]"): string {
  if (!cites) return `FINAL(${value});`;
  const bare = `try { FINAL(${value}, []); } catch { FINAL(${value}, []); }`;
  return evidence === "[]" ? bare : `try { FINAL(${value}, ${evidence}); } catch { ${bare} }`;
}

/** A function as the code carries it: its source text, without the blanks that stripped types leave. */
function guest(name: string, run: (...args: never[]) => unknown): string {
  // Named here, for a bundler may give it another name.
  const source = String(run).replace(/^function\s+[\w$]+/, `function ${name}`);
  return source.replace(/(\S) {2,}/g, "$1 ").replace(/(\w) ([,)])/g, "$1$2");
}
