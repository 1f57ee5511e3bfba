import { citedText, maxClaimChars, maxEvidence, type Evidence } from "../citations/citation.ts";
import { locateQuotes } from "../citations/locate-quotes.ts";
import { sourcesIn } from "../citations/sources.ts";
import { misfit, type JsonSchema } from "../json-schema.ts";
import { readJson } from "../queries/structured.ts";
import type { Run } from "../run.ts";
import { sessionContexts } from "../session-contexts.ts";
import type { RlmState } from "../state.ts";

/** The text of a cited answer out of a reply that is JSON of answer and evidence, the quotes held against the contexts; or why the reply is none. */
export async function citedReply(
  reply: string,
  state: RlmState,
  run: Run,
): Promise<{ text: string } | { problem: string }> {
  const read = readJson(reply, replySchema);
  if ("problem" in read) return read;
  const { answer, evidence } = JSON.parse(read.text) as { answer: unknown; evidence: Evidence[] };
  const { responseFormat = textSchema } = state.task;
  const problem = misfit(answer, responseFormat);
  if (problem !== undefined) return { problem: `its "answer" does not fit. ${problem}` };
  const sources = sourcesIn(sessionContexts(state), state.earlier?.length ?? 0);
  return { text: citedText({ answer, ...(await locateQuotes(evidence, sources, run.store, run.signal)) }) };
}

/** The text of a cited answer that has no evidence. `json`: whether the answer's text is. */
export function bareCited(text: string, json: boolean): string {
  return citedText({ answer: json ? (JSON.parse(text) as unknown) : text, citations: [] });
}

const textSchema: JsonSchema = { type: "string", minLength: 1 };

/** The form of a reply, for models that can be held to one. Not where the response format refers into itself: there it is another document. */
export function citedFormat({
  responseFormat = textSchema,
}: Pick<RlmState["task"], "responseFormat">): JsonSchema | undefined {
  if (JSON.stringify(responseFormat).includes('"$ref"')) return undefined;
  return { ...replySchema, properties: { ...replySchema.properties, answer: responseFormat } };
}

const replySchema = {
  type: "object",
  properties: {
    answer: {},
    evidence: {
      type: "array",
      maxItems: maxEvidence,
      items: {
        type: "object",
        properties: {
          claim: { type: "string", minLength: 1, maxLength: maxClaimChars },
          quote: { type: "string" },
          source: { type: "string" },
        },
        required: ["claim", "quote"],
      },
    },
  },
  required: ["answer", "evidence"],
} satisfies JsonSchema;
