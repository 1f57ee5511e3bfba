import { checkOptions } from "../check-options.ts";
import type { JsonSchema, KitRepl } from "rlm-core";
import { askAll, defined, itemsOf, queriesOf, wordsOf, type Queries } from "./ask.ts";
import { contentOf, lineOf, marked, packed } from "./marked.ts";

export interface VerifyOptions {
  /** Claims of one sub-call, at most. @default 20 */
  size?: number;
  model?: string;
}

/** What the sources say of a claim, with the passage that says so; that it stands there is checked by code. */
export interface Verified {
  claim: string;
  /** "not found": no source speaks of it, or the passage that was given stands in none, or is too short to show anything. */
  verdict: "supported" | "contradicted" | "not found";
  /** Which source, by index. */
  source?: number;
  /** Where in the source, in characters. */
  start?: number;
  end?: number;
  quote?: string;
  /** Some sub-calls failed, so a source that was not read may speak of it. */
  error?: Error;
}

interface Source {
  index: number;
  text: string;
}

const replySchema: JsonSchema = {
  type: "object",
  properties: {
    claims: {
      type: "array",
      items: {
        type: "object",
        properties: {
          claim: { type: "integer" },
          verdict: { enum: ["supported", "contradicted", "not found"] },
          item: { type: ["integer", "null"] },
          quote: { type: ["string", "null"] },
        },
        required: ["claim", "verdict"],
      },
    },
  },
  required: ["claims"],
};

/** Has each claim checked against the sources by a sub-call that sees nothing else: one call for each portion of sources and claims. */
export async function verify(
  repl: KitRepl,
  claims: readonly string[],
  sources: readonly unknown[] | string,
  options: VerifyOptions = {},
): Promise<Verified[]> {
  return await judged(repl, claims, sources, options, "verify");
}

/** For each claim the passage that supports it; undefined where none does, an Error where none was found and some sub-calls failed. */
export async function cite(
  repl: KitRepl,
  claims: readonly string[],
  sources: readonly unknown[] | string,
  options: VerifyOptions = {},
): Promise<(Omit<Verified, "verdict" | "error"> | Error | undefined)[]> {
  const all = await judged(repl, claims, sources, options, "cite");
  return all.map(({ verdict, error, ...rest }) => (verdict === "supported" ? rest : error));
}

async function judged(
  repl: KitRepl,
  given: readonly string[],
  sources: readonly unknown[] | string,
  options: VerifyOptions,
  name: "verify" | "cite",
): Promise<Verified[]> {
  const claims = itemsOf(given, name).map((claim) => wordsOf(claim, "each claim", name));
  const texts = typeof sources === "string" ? [sources] : itemsOf(sources, name).map(contentOf);
  const { size = 20, model } = checkOptions<VerifyOptions>(options, `integrate.${name}`, ["size", "model"]);
  if (!Number.isSafeInteger(size) || size < 1)
    throw new RangeError(`integrate.${name}: expected size to be an integer of 1 or more, got ${String(size)}`);
  const queries = queriesOf(repl, name);
  // A quarter of what is left of a prompt is for claims, the rest for sources.
  const room = queries.promptChars - promptOf([], claims, []).length - 200;
  const claimLength = (index: number): number => claimLine(index, claims).length;
  const lengthOf = ({ text, index }: Source): number => lineOf({ number: index + 1, text }).length;
  const all = texts.map((text, index): Source => ({ index, text }));
  const [fitting, long] = [
    all.filter((source) => lengthOf(source) <= room * 0.75),
    all.filter((source) => lengthOf(source) > room * 0.75),
  ];
  const asked = [...claims.keys()].filter((index) => claimLength(index) <= room / 4);
  const portions = packed(fitting, lengthOf, room * 0.75).flatMap((group) =>
    packed(asked, claimLength, room / 4, size).map((some): Portion => ({ group, some })),
  );

  const verdicts = claims.map((claim, index): Verified => {
    const error = !asked.includes(index)
      ? new RangeError(`The claim has ${claim.length} characters, too many for a prompt: shorten it`)
      : long[0] &&
        new RangeError(
          `Source ${long[0].index} has ${long[0].text.length} characters, too many for a prompt, and was not read: cut it first by decompose.chunks`,
        );
    return { claim, verdict: "not found", ...(error && { error }) };
  });
  const work = {
    queries,
    claims,
    verdicts,
    locate: queries.locate,
    first: name === "cite" ? "supported" : "contradicted",
    ...defined({ model }),
  } as const;
  const left = await ask(portions, work);
  for (const { some } of await ask(left, work))
    for (const index of some)
      Object.assign(verdicts[index] as Verified, {
        error: new Error("A reply left the claim out, and left it out again"),
      });
  return verdicts;
}

interface Portion {
  group: readonly Source[];
  /** Claims by index. */
  some: readonly number[];
}

interface Work {
  queries: Queries;
  claims: readonly string[];
  verdicts: Verified[];
  locate: Queries["locate"];
  /** The verdict that goes before the other one. */
  first: "supported" | "contradicted";
  model?: string;
}

/** Takes the verdicts of a round; gives the portions whose replies left claims out, with those alone. */
async function ask(portions: readonly Portion[], work: Work): Promise<Portion[]> {
  const { queries, claims, verdicts, model } = work;
  const replies = await askAll(
    queries,
    portions.map(({ group, some }) => promptOf(some, claims, group)),
    defined({ schema: replySchema, model }),
  );
  return portions.flatMap(({ group, some }, at): Portion[] => {
    const reply = replies[at];
    if (reply instanceof Error) {
      for (const index of some) Object.assign(verdicts[index] as Verified, { error: reply });
      return [];
    }
    const missing: number[] = [];
    for (const index of some) {
      const one = said(reply, index);
      if (one === undefined) missing.push(index);
      else take(verdicts[index] as Verified, one, group, work);
    }
    return missing.length === 0 ? [] : [{ group, some: missing }];
  });
}

function promptOf(some: readonly number[], claims: readonly string[], sources: readonly Source[]): string {
  return `Check each claim against the items below, and against nothing else that you know.\n\nClaims, one a line, as JSON:\n${some.map((index) => claimLine(index, claims)).join("")}\n"supported": the items say all of it, one of them or several together. "contradicted": an item says that it, or a part of it, is not so. "not found": they do not say all of it, and none says otherwise. For the first two give the number of the item that shows it best and copy the words out of it exactly: one passage of a few sentences at most, which may go over neighbouring lines.\nReply with JSON only: {"claims": [{"claim": 1, "verdict": "supported", "item": 3, "quote": "…"}, …]}, one for each claim.\n\n${marked(sources.map(({ text, index }) => ({ number: index + 1, text })))}`;
}

function claimLine(index: number, claims: readonly string[]): string {
  return `${index + 1}: ${JSON.stringify(claims[index])}\n`;
}

interface Said {
  verdict?: unknown;
  item?: unknown;
  quote?: unknown;
}

function said(reply: unknown, index: number): Said | undefined {
  const { claims } = Object(reply) as { claims?: unknown };
  if (!Array.isArray(claims)) return undefined;
  return claims.find((one: unknown) => Number((Object(one) as { claim?: unknown }).claim) === index + 1) as
    | Said
    | undefined;
}

/** Believes a verdict only if its passage stands in a source of the portion. */
function take(verified: Verified, one: Said, group: readonly Source[], { locate, first }: Work): void {
  const { verdict, item, quote } = one;
  if ((verdict !== "supported" && verdict !== "contradicted") || typeof quote !== "string") return;
  if (verified.verdict === first || verified.verdict === verdict) return;
  const named = group.filter(({ index }) => index + 1 === item);
  for (const { text, index } of [...named, ...group]) {
    const place = locate(quote, text);
    if (place === undefined) continue;
    const { start, end, quote: passage } = place;
    Object.assign(verified, { verdict, source: index, start, end, quote: passage });
    return;
  }
}
