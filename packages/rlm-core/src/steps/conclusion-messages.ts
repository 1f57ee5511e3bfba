import type { JournalEvent, Left } from "../journal.ts";
import type { Limits } from "../limits.ts";
import type { ChatMessage } from "../model.ts";
import { concludeMessage, messagesFor, type PromptOptions } from "../prompt/messages.ts";
import type { RlmState } from "../state.ts";
import { promptTokens } from "../tokens.ts";
import { cutMiddle } from "./cut-middle.ts";
import { joinToLast } from "./join-to-last.ts";

/** What a concluding prompt is made of. */
export interface ConclusionParts {
  state: RlmState;
  /** The variables that the model is offered, a line each. */
  variables: string;
  left: Left;
  options: PromptOptions;
}

/** The messages that ask for the best answer from what there is. */
export function conclusionMessages({ state, variables, left, options }: ConclusionParts): ChatMessage[] {
  return joinToLast(messagesFor(state, left, options), concludeMessage(state, variables).content);
}

/** The same with the newest turn and the variables in brief: what a budget pays for that held back {@link tokensToConclude}. */
export function briefConclusionMessages(parts: ConclusionParts, limits: Limits): ChatMessage[] {
  const { state, variables } = parts;
  const most = briefChars(limits);
  const journal = withNewestTurnInBrief(state.journal, most);
  return conclusionMessages({ ...parts, state: { ...state, journal }, variables: firstLines(variables, most) });
}

/**
 * The most tokens that the prompt of a brief conclusion has, by our estimate, if it comes after the turn that these messages ask
 * for: before that turn its reply and its output are not known, and one of full length would hold back far more than most need.
 */
export function tokensToConclude(
  messages: readonly ChatMessage[],
  { state, left, options }: Omit<ConclusionParts, "variables">,
  limits: Limits,
): number {
  // No text of this length has more tokens: each character is one.
  const text = "a1".repeat(Math.ceil(briefChars(limits) / 2) + cutWords);
  const output = { text, chars: text.length };
  const turn: JournalEvent[] = [
    { type: "reply", text, left, usage: { inputTokens: 0, outputTokens: 0 }, model: "" },
    { type: "block", code: "", clock: 0 },
    { type: "end", output, error: { kind: "thrown", message: text }, computeMs: 0 },
  ];
  const after = { ...state, journal: [...state.journal, ...turn] };
  // A long message is estimated by samples, which another text moves a little.
  const added = conclusionMessages({ state: after, variables: text, left, options }).slice(-2);
  return promptTokens(messages) + Math.ceil(1.1 * promptTokens(added)) + changingWords;
}

// As much as a reply has, up to a thousand characters of each part.
function briefChars({ maxOutputTokens }: Limits): number {
  return Math.min(1_000, Math.max(100, Math.floor(maxOutputTokens / 5)));
}

// Pairs of characters, for the words that say how much was left out.
const cutWords = 25;
// How much is left, and which limit was reached, is not known yet.
const changingWords = 100;

function withNewestTurnInBrief(journal: readonly JournalEvent[], most: number): JournalEvent[] {
  const newest = journal.findLastIndex(({ type }) => type === "reply");
  return journal.map((event, index) => {
    if (index < newest) return event;
    if (event.type === "reply") return { ...event, text: cutMiddle(event.text, most) };
    if (event.type !== "end") return event;
    const { output, error } = event;
    return {
      ...event,
      output: { ...output, text: cutMiddle(output.text, most) },
      ...(error && { error: { ...error, message: cutMiddle(error.message, most) } }),
    };
  });
}

function firstLines(text: string, most: number): string {
  return text.length <= most ? text : text.slice(0, Math.max(0, text.lastIndexOf("\n", most)));
}
