import type { Format } from "./format.ts";
import type { Kinds } from "./kinds.ts";
import type { Locate, LocateSource } from "./locate.ts";
import type { Realm } from "./realm.ts";

/** Holds the evidence that the code gives with an answer against the contexts; gives the citations as JSON, or says what is wrong. */
export type Evidence = (given: unknown) => { citations: string } | { problem: string };

export function createEvidence(
  realm: Realm,
  kinds: Kinds,
  format: Format,
  locate: Locate,
  sources: () => ArrayLike<LocateSource>,
): Evidence {
  const { dataOf, slice, stringify, wellFormed, count, list, each } = realm;
  // Of rlm-core/src/citations/citation.ts: the parent believes no more.
  const maxEvidence = 100;
  const maxClaimChars = 1_000;
  const shownProblems = 5;
  const form = "Evidence is an array of { claim, quote, source }";
  const json = (text: string): string => stringify(text) as string;

  const textOf = (entry: object, key: string): string | undefined => {
    const text = dataOf(entry, key);
    return typeof text === "string" && text !== "" ? wellFormed(text) : undefined;
  };

  const citation = (entry: unknown): { citation: string } | { problem: string } => {
    if (typeof entry !== "object" || entry === null || kinds.kindOf(entry) !== "object")
      return { problem: `${format.show(entry, 60)} is no object. ${form}` };
    const claim = textOf(entry, "claim");
    const given = dataOf(entry, "quote");
    const quote = typeof given === "number" ? `${given}` : given;
    if (claim === undefined) return { problem: `it has no \`claim\`, a text. ${form}` };
    const about = `"${slice(claim, 0, 80)}"`;
    if (typeof quote !== "string") return { problem: `${about} has no \`quote\`, a text. ${form}` };
    if (claim.length > maxClaimChars)
      return { problem: `${about}: the claim has more than ${count(maxClaimChars)} characters` };
    // Not made well-formed: where the source has half a pair, so has its passage.
    const place = locate.place(quote, sources(), textOf(entry, "source"));
    if (place === "long")
      return { problem: `${about}: the quote is longer than 2,000 characters; quote the part that shows it` };
    if (place === "short")
      return {
        problem: `${about}: the quote is too short to show anything; quote the whole sentence or line, or the whole value`,
      };
    if (place === "none") {
      const near = locate.nearest(quote, sources());
      const where =
        near === undefined
          ? ""
          : `. The nearest is, in ${near.source}${near.key === undefined ? "" : ` at key ${json(`${near.key}`)}`}: ${json(near.quote)}`;
      return { problem: `${about}: the quote stands nowhere in the context${where}` };
    }
    const { source, key, start, end, quote: passage } = place;
    // By hand: a toJSON of the code's would have its say.
    const at = key === undefined ? "" : `,"key":${typeof key === "number" ? key : json(key)}`;
    return {
      citation: `{"claim":${json(claim)},"source":${json(source ?? "")}${at},"start":${start},"end":${end},"quote":${json(passage)}}`,
    };
  };

  return (given) => {
    if (typeof given !== "object" || given === null || kinds.kindOf(given) !== "array")
      return { problem: `the evidence is ${format.show(given, 60)}. ${form}` };
    const length = dataOf(given, "length") as number;
    if (length > maxEvidence)
      return { problem: `there are ${count(length)} pieces of evidence, at most 100 are allowed` };
    let citations = "";
    const problems = list<string>();
    for (let index = 0; index < length; index++) {
      const made = citation(dataOf(given, index));
      if ("problem" in made) problems[problems.length] = `evidence ${index + 1}, ${made.problem}`;
      else citations += `${citations === "" ? "" : ","}${made.citation}`;
    }
    if (problems.length === 0) return { citations: `[${citations}]` };
    let problem = "";
    each(problems, (text, index) => {
      if (index < shownProblems) problem += `${index === 0 ? "" : "\n"}${text}`;
    });
    const more = problems.length > shownProblems ? `\nand ${count(problems.length - shownProblems)} more` : "";
    return {
      problem: `${problem}${more}\nCut quotes out of the context by code, with slice or a match, instead of typing them`,
    };
  };
}
