import type { JsonSchema } from "rlm-core";
import { emptyReport } from "./empty-report.ts";
import { fillSchema } from "./fill-schema.ts";
import { cutPassages } from "./guest/cut-passages.ts";
import { entriesOf, type Entry } from "./guest/entries-of.ts";
import { readPassage } from "./guest/read-passage.ts";
import { evidenceOf, reportOf, reportText, type Mentions } from "./guest/report.ts";
import { knownForm, patternOf, termOf } from "./question.ts";
import type { PlainTask } from "./read-messages.ts";
import { termInPrompt } from "./readings.ts";

/** The reply to a sub-call: what its passages say of the term, in the form of the schema if there is one, else a sentence a line. */
export function subReply({ words, data }: PlainTask, schema?: JsonSchema): string {
  const term = termInPrompt(words) ?? termOf(questionIn(words));
  if (term === undefined && schema === undefined) return emptyReport(knownForm).note;
  // A prompt without marks is instructions and data in one.
  const passages = data.length > 0 ? data : [{ id: 0, text: words }];
  const readings = passages.map(({ id, text }) => ({
    id,
    ...(term === undefined ? { mentions: 0, quotes: [] } : readPassage(text, patternOf(term))),
  }));
  if (schema !== undefined) return JSON.stringify(fillSchema(schema, readings));
  const sentences = readings.flatMap(({ quotes }) => quotes.map(({ sentence }) => `- ${sentence}`));
  const count = readings.reduce((sum, { mentions }) => sum + mentions, 0);
  return [`Offline stand-in: rules, not a language model. Mentions of “${term}”: ${count}.`, ...sentences].join("\n");
}

/** The answer to a short context in one call. */
export function directReply(task: PlainTask, hasFormat: boolean): string {
  const cites = task.words.includes('Reply with JSON alone: {"answer": …, "evidence":');
  const json = cites ? task.words.includes("`answer` fits this JSON Schema:") : hasFormat;
  const report = mentionsIn(task);
  if (!cites) return json ? JSON.stringify(report) : reportText(report);
  return JSON.stringify({ answer: json ? report : reportText(report), evidence: evidenceOf(report) });
}

function mentionsIn({ words, data }: PlainTask): Mentions {
  const term = termOf(questionIn(words));
  if (term === undefined) return emptyReport(knownForm);
  const entries = data.flatMap(({ text }) => entriesIn(text));
  const texts = entries.map(({ text }) => text);
  const source = patternOf(term);
  const hits = texts.flatMap((text, entry) =>
    [...text.matchAll(new RegExp(source, "giu"))].map((match) => ({
      entry,
      at: match.index,
      end: match.index + match[0].length,
    })),
  );
  const passages = cutPassages(hits, texts, { reach: 400, size: 4000 });
  return reportOf(
    term,
    entries,
    passages,
    passages.map(({ id, text }) => ({ id, ...readPassage(text, source) })),
  );
}

function questionIn(words: string): string {
  const at = words.lastIndexOf("Question: ");
  return at < 0 ? words : words.slice(at + "Question: ".length);
}

/** The context itself, or, if it is JSON, the texts in it. */
function entriesIn(text: string): Entry[] {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return entriesOf(value);
  } catch {
    // Not JSON: a plain text.
  }
  return entriesOf(text);
}
