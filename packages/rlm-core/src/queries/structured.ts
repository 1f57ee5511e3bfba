import type { JsonSchema } from "../json-schema.ts";
import { misfit } from "../json-schema.ts";
import type { ChatMessage } from "../model.ts";
import { withoutThinking } from "../parse-reply.ts";

/** The words that ask for JSON; models that can be held to a schema get it as `responseFormat` too. */
export function askForJson(schema: JsonSchema): string {
  return `Reply with JSON alone, which fits this JSON Schema:\n${JSON.stringify(schema)}`;
}

/** What a model is told whose reply did not fit, once. */
export function askAgain(reply: string, problem: string): ChatMessage[] {
  return [
    { role: "assistant", content: reply },
    { role: "user", content: `That cannot be used: ${problem} Reply again, with the corrected JSON alone.` },
  ];
}

/** The JSON text in a model's reply, or why there is none that fits. `rest`: what stood around it, which nobody reads. */
export function readJson(reply: string, schema: JsonSchema): { text: string; rest: string } | { problem: string } {
  const text = withoutThinking(reply).trim();
  const found = wholeJson(text) ?? fencedJson(text) ?? firstJson(text);
  if (found === undefined) return { problem: "it holds no JSON." };
  const problem = misfit(found.value, schema);
  if (problem !== undefined) return { problem: `it does not fit the schema. ${problem}` };
  return { text: JSON.stringify(found.value), rest: found.rest.trim() };
}

interface Found {
  value: unknown;
  rest: string;
}

function wholeJson(text: string): Found | undefined {
  try {
    return { value: JSON.parse(text), rest: "" };
  } catch {
    return undefined;
  }
}

function fencedJson(text: string): Found | undefined {
  // Two searches, for one that goes back over runs of empty lines takes cubic time.
  const opening = /```(?:json)?[ \t\r]*\n/.exec(text);
  if (opening === null) return undefined;
  const start = opening.index + opening[0].length;
  const closing = /^[ \t]*```/m.exec(text.slice(start));
  if (closing === null) return undefined;
  const end = start + closing.index;
  const found = wholeJson(text.slice(start, end));
  return found && { value: found.value, rest: text.slice(0, opening.index) + text.slice(end + closing[0].length) };
}

/** The first object or array that is whole JSON: its end is the first closing bracket at which it parses. */
function firstJson(text: string): Found | undefined {
  const start = text.search(/[[{]/);
  if (start < 0) return undefined;
  let depth = 0;
  let quoted = false;
  for (let at = start; at < text.length; at++) {
    const char = text[at];
    if (quoted) {
      if (char === "\\") at++;
      else if (char === '"') quoted = false;
    } else if (char === '"') quoted = true;
    else if (char === "{" || char === "[") depth++;
    else if ((char === "}" || char === "]") && --depth === 0) {
      const found = wholeJson(text.slice(start, at + 1));
      return found && { value: found.value, rest: text.slice(0, start) + text.slice(at + 1) };
    }
  }
  return undefined;
}
