import type { ChatMessage } from "rlm-core";

/** What the root of a run is told, read from its messages as any model reads them. */
export interface RootTask {
  question: string;
  /** Names of the variables that hold contexts. */
  contexts: string[];
  /** Functions that the REPL offers, as the prompt lists them: `find`, `llm_query_batched`, `decompose.pack`, … */
  functions: Set<string>;
  /** Whether FINAL's value has to fit a JSON Schema. */
  json: boolean;
  /** Whether FINAL needs evidence. */
  cites: boolean;
  /** Replies that it has given already. */
  replies: number;
  /** Model calls left, if the prompt says it. */
  calls: number;
  /** Characters that a sub-call reads well. */
  pieceChars: number;
  lastTurn: boolean;
  /** Its oldest turns will be taken out: notes on them are asked for, and no code. */
  notes: boolean;
  /** Set at a limit: the names of the variables in the REPL. */
  conclude?: string[];
  /** The first line of the error that the last code ended with. */
  error?: string;
}

/** The root's task; undefined where the messages are those of a plain call. */
export function readRoot(messages: readonly ChatMessage[]): RootTask | undefined {
  const [system, first] = messages;
  const last = messages.at(-1);
  if (
    system?.role !== "system" ||
    !system.content.includes("\n# The REPL\n") ||
    first === undefined ||
    last === undefined
  )
    return undefined;
  const surface = system.content;
  const status = afterData(last.content);
  const question =
    /^Question: ([\s\S]*?)\n\n`[\w$]+` is (?:a string|an array|an object)/.exec(first.content)?.[1] ?? "";
  const error = /^Your code ended with an error:\n<error-[a-z0-9]+>\n(.*)/m.exec(status)?.[1];
  return {
    question,
    contexts: matches(surface, /^- `([\w$]+)`: (?:a string|an array|an object)/gm),
    functions: new Set(matches(surface, /^- `(?:await )?([\w$.]+)\(/gm)),
    json: afterData(first.content).includes("FINAL's value has to fit this JSON Schema:"),
    cites: surface.includes("\n- `FINAL(value, evidence)`"),
    replies: messages.filter(({ role }) => role === "assistant").length,
    calls: numberIn(status, /([\d,]+) model calls? left/) ?? Infinity,
    pieceChars: numberIn(surface, /sub-call reads at most about ([\d,]+) characters/) ?? 20_000,
    notes: status.includes("will now be taken out of this conversation"),
    lastTurn: status.includes("This is the last turn:"),
    ...(status.includes("The run has reached its limit on") ? { conclude: matches(status, /^([\w$]+) \(/gm) } : {}),
    ...(error === undefined ? {} : { error }),
  };
}

/** A plain prompt: the data that stands between marks, and the words around it. */
export interface PlainTask {
  words: string;
  data: { id: number; text: string }[];
}

export function readPlain(messages: readonly ChatMessage[]): PlainTask {
  const prompt = messages.find(({ role }) => role === "user")?.content ?? "";
  const data = [...prompt.matchAll(marked)].map(({ groups }, index) => ({
    id: Number(groups?.id ?? index),
    text: groups?.text ?? "",
  }));
  return { words: prompt.replace(marked, ""), data };
}

const marked = /<(?<mark>data-[a-z0-9]+)(?: id="(?<id>\d+)")?>\n(?<text>[\s\S]*?)\n<\/\k<mark>>/g;

// Text from contexts and outputs could look like anything: only what stands after the last of it counts.
function afterData(message: string): string {
  const ends = [...message.matchAll(/\n<\/(?:data|output)-[a-z0-9]+>/g)];
  const last = ends.at(-1);
  return last === undefined ? message : message.slice(last.index + last[0].length);
}

function matches(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map((match) => match[1] ?? "");
}

function numberIn(text: string, pattern: RegExp): number | undefined {
  const found = pattern.exec(text)?.[1];
  return found === undefined ? undefined : Number(found.replaceAll(",", ""));
}
