/** A claim of an answer, with the passage that bears it out: code has found the passage in the context. */
export interface Citation {
  /** What the passage is to show, in the model's words. */
  claim: string;
  /** The name of the context, as the code had it. */
  source: string;
  /** Where the context is an array or an object: the index, key or path ("3.text") of the string in it. */
  key?: string | number;
  /** UTF-16 offsets in that string: of the first character, and of the one behind the last. */
  start: number;
  end: number;
  /** The passage, character by character as the source has it. */
  quote: string;
}

/** A claim whose quote stands nowhere in the contexts: only of an answer that the model could not correct any more. */
export interface UnverifiedClaim {
  claim: string;
  quote: string;
}

/** An answer with its evidence: what a run with `cite` comes to. As JSON it is the text of its answer, wherever that is kept. */
export interface CitedAnswer {
  answer: unknown;
  citations: Citation[];
  /** Absent if there are none. */
  unverified?: UnverifiedClaim[];
}

/** What the model gives for a claim. */
export interface Evidence {
  claim: string;
  quote: string;
  source?: string | undefined;
}

export const maxEvidence = 100;
export const maxClaimChars = 1_000;
export const maxQuoteChars = 2_000;
/** Of a passage: white space may be longer in the source than in the quote. */
export const maxPassageChars = 8_192;

/** The most characters that the text of a cited answer may have, its answer having `answerChars`: escapes are up to six long. */
export function maxCitedChars(answerChars: number): number {
  return 6 * answerChars + maxEvidence * 6 * (maxClaimChars + maxPassageChars + 1_000);
}

/** The text of a cited answer. */
export function citedText({ answer, citations, unverified = [] }: CitedAnswer): string {
  return JSON.stringify({ answer, citations, ...(unverified.length > 0 && { unverified }) });
}

/** An answer's text as people and programs read it: of a run with `cite`, and of one without. */
export function readAnswer(
  text: string,
  { responseFormat, cite }: { responseFormat?: object | undefined; cite?: boolean | undefined },
): { answer: unknown; citations?: Citation[]; unverified?: UnverifiedClaim[] } {
  if (cite === true) return JSON.parse(text) as CitedAnswer;
  return { answer: responseFormat === undefined ? text : JSON.parse(text) };
}

/** Whether a value from elsewhere is a list of citations. */
export function areCitations(value: unknown): value is Citation[] {
  return Array.isArray(value) && value.length <= maxEvidence && value.every(isCitation);
}

function isCitation(value: unknown): value is Citation {
  if (typeof value !== "object" || value === null) return false;
  const { claim, source, key, start, end, quote, ...rest } = value as Record<string, unknown>;
  if (Object.keys(rest).length > 0) return false;
  if (!isText(claim, maxClaimChars) || !isText(source, 1_000) || !isText(quote, maxPassageChars)) return false;
  if (key !== undefined && !isText(key, 10_000) && !isOffset(key)) return false;
  return isOffset(start) && isOffset(end) && end - start === quote.length;
}

function isText(value: unknown, most: number): value is string {
  return typeof value === "string" && value !== "" && value.length <= most;
}

function isOffset(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
