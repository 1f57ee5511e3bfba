import { areCitations, maxCitedChars } from "../../citations/citation.ts";
import { misfit, type JsonSchema } from "../../json-schema.ts";
import type { CodeError } from "../../output.ts";
import type { CallValue, Done, Variable } from "../../sandbox.ts";
import { BadFrame } from "../../confined/bad-frame.ts";
import { checkValue, parseJson } from "./check-call.ts";
import { count, flag, list, oneOf, record, text } from "../../confined/guards.ts";

export interface DoneRules {
  outputChars: number;
  answerChars: number;
  responseFormat?: JsonSchema;
  /** The answer comes with citations. */
  cite?: true;
}

/** The end of a block from the child, checked; the answer is held against the response format once more. */
export function checkDone(frame: unknown, rules: DoneRules): Done {
  const done = record(frame, "a block's end");
  const output = record(done["output"], "an output");
  const computeMs = done["computeMs"];
  if (typeof computeMs !== "number" || !(computeMs >= 0)) throw new BadFrame("a computing time that is none");
  return {
    kind: "done",
    output: {
      text: text(output["text"], rules.outputChars + outputNotes, "an output"),
      chars: count(output["chars"], "an output's length"),
    },
    ...(done["error"] !== undefined && { error: checkError(done["error"]) }),
    ...(done["answer"] !== undefined && { answer: checkAnswer(done["answer"], rules) }),
    ...(done["rolledBack"] !== undefined && { rolledBack: flag(done["rolledBack"], "a rollback") }),
    computeMs,
  };
}

/** The variables of a session from the child, checked. */
export function checkInspected(frame: Record<string, unknown>): { hash: string; variables: Variable[] } {
  const variables = list(frame["variables"], maxVariables, "the variables").map((entry) => {
    const variable = record(entry, "a variable");
    const part = (key: "name" | "type" | "size" | "preview"): string =>
      text(variable[key], maxVariableChars, `a variable's ${key}`);
    return { name: part("name"), type: part("type"), size: part("size"), preview: part("preview") };
  });
  return { hash: text(frame["hash"], 200, "a hash"), variables };
}

// Head and tail are joined by a line that says how much is missing.
const outputNotes = 500;
const maxErrorChars = 20_000;
const maxVariables = 20_000;
const maxVariableChars = 1_000;
const errorKinds = ["syntax", "thrown", "timeout", "memory", "died", "deadlock", "answer"] as const;

function checkError(value: unknown): CodeError {
  const error = record(value, "an error");
  return {
    kind: oneOf(error["kind"], errorKinds, "an error's kind"),
    message: text(error["message"], maxErrorChars, "an error's message"),
  };
}

function checkAnswer(value: unknown, rules: DoneRules): CallValue {
  if (rules.cite !== true) return checkBare(value, rules);
  const given = checkValue(value, maxCitedChars(rules.answerChars), "a cited answer");
  if (!given.json) throw new BadFrame("a cited answer that is no JSON");
  const { answer, citations, ...rest } = record(parseJson(given.text, "a cited answer"), "a cited answer");
  if (answer === undefined || Object.keys(rest).length > 0) throw new BadFrame("a cited answer of another form");
  if (!areCitations(citations)) throw new BadFrame("citations that are none");
  const isText = typeof answer === "string" && rules.responseFormat === undefined;
  checkBare({ text: isText ? answer : JSON.stringify(answer), json: !isText }, rules);
  return given;
}

function checkBare(value: unknown, { answerChars, responseFormat }: DoneRules): CallValue {
  const answer = checkValue(value, answerChars, "an answer");
  if (responseFormat !== undefined) {
    const reason = misfit(answer.json ? parseJson(answer.text, "an answer") : answer.text, responseFormat);
    if (reason !== undefined)
      throw new BadFrame(`an answer that does not fit the response format: ${reason.slice(0, 200)}`);
  }
  return answer;
}
