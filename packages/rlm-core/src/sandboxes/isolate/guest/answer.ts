import type { Evidence } from "./evidence.ts";
import type { Format } from "./format.ts";
import type { GuestHost, GuestSettings } from "./host.ts";
import type { Kinds } from "./kinds.ts";
import type { Realm } from "./realm.ts";

export interface Answer {
  final: (value: unknown, evidence?: unknown) => never;
  /** Begins a block. */
  begin: () => void;
  /** Begins a run: its first block may be refused as that of the first was. */
  beginRun: (hasResponseFormat: boolean, cites: boolean) => void;
  given: () => boolean;
  /** Ends whatever code goes on after the answer. */
  closed: () => void;
  /** Whether it is what `final` throws once the answer is given. */
  isEnd: (reason: unknown) => boolean;
  /** Whether it is a refusal of `final`. */
  isRefusal: (reason: unknown) => boolean;
}

/** `quiet`: whether the block printed nothing and called nothing yet. */
export function createAnswer(
  realm: Realm,
  host: GuestHost,
  kinds: Kinds,
  format: Format,
  settings: GuestSettings,
  cited: Evidence,
  quiet: () => boolean,
): Answer {
  const { stringify, wellFormed, count, errorAt, weakAdd, weakHas, indexOf } = realm;
  const refusals = new realm.WeakSet();
  const end: Error = realm.freeze(errorAt(realm.Error, "The run has ended: FINAL was called", createAnswer));
  let given = false;
  // Only in the first block of a run, and once.
  let mayRefuse = true;
  let hasFormat = false;
  let cites = false;
  // Once in a run too: where the context does not hold the answer there is none.
  let mayRefuseBare = true;
  let blocks = 0;

  const refuse = (message: string): never => {
    const error = errorAt(realm.Error, message, final);
    weakAdd(refusals, error);
    throw error;
  };

  const toJson = (value: unknown): string => {
    if (typeof value === "number" && value - value !== 0)
      return refuse(`FINAL was not accepted: ${value} is no number that JSON can hold`);
    if (typeof value === "object" && value !== null) {
      const kind = kinds.kindOf(value);
      if (kind === "promise") return refuse("FINAL was not accepted: the value is a promise; put `await` before it");
      if (kind === "error") return refuse(`FINAL was not accepted: the value is an error (${format.thrown(value)})`);
      if (kind !== "object" && kind !== "array" && kind !== "date")
        return refuse(
          `FINAL was not accepted: a ${kind} has no form in JSON; pass a string, a number, an array or a plain object`,
        );
    }
    let json: string | undefined;
    try {
      json = stringify(value);
    } catch (reason) {
      if (given) throw end;
      return refuse(`FINAL was not accepted: the value cannot be written as JSON (${format.thrown(reason)})`);
    }
    return (
      json ??
      refuse(
        `FINAL was not accepted: the value is ${value === undefined ? "undefined" : `a ${typeof value}`}; pass a string, a number, an array or an object`,
      )
    );
  };

  /** The citations of evidence, as JSON. */
  const citationsOf = (evidence: unknown): string => {
    const isBare =
      evidence === undefined ||
      (typeof evidence === "object" &&
        evidence !== null &&
        kinds.kindOf(evidence) === "array" &&
        realm.dataOf(evidence, "length") === 0);
    if (isBare && mayRefuseBare) {
      mayRefuseBare = false;
      return refuse(
        "FINAL was not accepted: it has no evidence. Call FINAL(value, evidence), where evidence is an array with { claim, quote, source } for each claim of the answer. Only if the context does not hold the answer call FINAL(value, []) again",
      );
    }
    if (isBare) return "[]";
    const made = cited(evidence);
    return "problem" in made ? refuse(`FINAL was not accepted: ${made.problem}`) : made.citations;
  };
  /** Both in one object, as a model may give them. */
  const isPair = (value: unknown): value is { answer: unknown; evidence: unknown } =>
    typeof value === "object" &&
    value !== null &&
    kinds.kindOf(value) === "object" &&
    realm.ownKeys(value).length === 2 &&
    realm.hasOwn(value, "answer") &&
    realm.isArray(realm.dataOf(value, "evidence"));

  const final = (value: unknown, evidence?: unknown): never => {
    if (cites && evidence === undefined && isPair(value))
      return take(realm.dataOf(value, "answer"), realm.dataOf(value, "evidence"));
    return take(value, evidence);
  };
  const take = (value: unknown, evidence: unknown): never => {
    if (given) throw end;
    const caller = errorAt(realm.Error, "", final);
    // A kit is not the reply's own code; it may call back into it.
    if (indexOf(realm.topFrame(caller), "kit-") >= 0)
      return refuse("FINAL was not accepted: only the code of the reply itself may call it");
    if (mayRefuse && quiet()) {
      mayRefuse = false;
      return refuse(
        "FINAL was not accepted: nothing was printed and no call was made yet. Look at the context first, then answer from what it says",
      );
    }
    const bounded = (text: string): string =>
      text.length <= settings.answerChars
        ? text
        : refuse(
            `FINAL was not accepted: the answer has ${count(text.length)} characters, at most ${count(settings.answerChars)} are allowed; shorten it`,
          );
    // Before anything looks into it: a text far too long may not fit into memory in one piece.
    if (typeof value === "string") bounded(value);
    const json = typeof value !== "string" || hasFormat;
    const text = bounded(typeof value === "string" && !json ? wellFormed(value) : toJson(value));
    if (hasFormat) {
      const problem = host.fitProblem("", text);
      if (problem !== "") {
        const hint = typeof value === "string" ? " (pass the value itself, not its JSON text)" : "";
        return refuse(`FINAL was not accepted: the answer does not fit the response format: ${problem}${hint}`);
      }
    }
    const answer = json || !cites ? text : (stringify(text) as string);
    const citations = cites ? citationsOf(evidence) : "";
    given = true;
    if (cites) host.answered(`{"answer":${answer},"citations":${citations}}`, 1);
    else host.answered(text, json ? 1 : 0);
    throw end;
  };

  return {
    final,
    begin: () => {
      given = false;
      if (++blocks > 1) mayRefuse = false;
    },
    beginRun: (hasResponseFormat, citesNow) => {
      hasFormat = hasResponseFormat;
      cites = citesNow;
      mayRefuseBare = true;
      blocks = 0;
      mayRefuse = true;
    },
    given: () => given,
    closed: () => {
      if (given) throw end;
    },
    isEnd: (reason) => reason === end,
    isRefusal: (reason) => typeof reason === "object" && reason !== null && weakHas(refusals, reason),
  };
}
