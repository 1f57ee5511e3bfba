import type { JsonSchema, KitRepl } from "rlm-core";
import { askAll, defined, itemsOf, optionsOf, queriesOf, wordsOf } from "./ask.ts";
import { contentOf, marked, packed } from "./marked.ts";

export interface VerifyOptions {
  /** Claims of one sub-call, at most. @default 20 */
  size?: number;
  model?: string;
}

/** What the sources say of a claim, with the passage that says so; that it stands there is checked by code. */
export interface Verified {
  claim: string;
  /** "not found": no source speaks of it, or the passage that was given stands in none. */
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

/** For each claim the passage that supports it, or undefined in its place where none does. */
export async function cite(
  repl: KitRepl,
  claims: readonly string[],
  sources: readonly unknown[] | string,
  options: VerifyOptions = {},
): Promise<(Omit<Verified, "verdict"> | undefined)[]> {
  const all = await judged(repl, claims, sources, options, "cite");
  return all.map(({ verdict, ...rest }) => (verdict === "supported" ? rest : undefined));
}

async function judged(
  repl: KitRepl,
  given: readonly string[],
  sources: readonly unknown[] | string,
  options: VerifyOptions,
  name: string,
): Promise<Verified[]> {
  const claims = itemsOf(given, name).map((claim) => wordsOf(claim, "each claim", name));
  const texts = typeof sources === "string" ? [sources] : itemsOf(sources, name).map(contentOf);
  const { size = 20, model } = optionsOf<VerifyOptions>(options, name, ["size", "model"]);
  if (!Number.isSafeInteger(size) || size < 1)
    throw new RangeError(`integrate.${name}: expected size to be an integer of 1 or more, got ${String(size)}`);
  const queries = queriesOf(repl, name);
  const numbered = claims.map((claim, index) => ({ claim, index }));
  const claimGroups = packed(numbered, ({ claim }) => claim.length + 20, queries.promptChars / 4, size);
  const room = (queries.promptChars * 3) / 4 - promptOf([], []).length - 200;
  const lengthOf = ({ text, index }: Source): number => marked([{ number: index + 1, text }]).length;
  const all = texts.map((text, index): Source => ({ index, text }));
  const long = all.find((source) => lengthOf(source) > room);
  if (long !== undefined)
    throw new RangeError(
      `integrate.${name}: source ${long.index} has ${long.text.length} characters, too many for a prompt: cut it first by decompose.chunks`,
    );
  const sourceGroups = packed(all, lengthOf, room);
  const portions = sourceGroups.flatMap((group) => claimGroups.map((some) => ({ group, some })));
  const replies = await askAll(
    queries,
    portions.map(({ group, some }) => promptOf(some, group)),
    defined({ schema: replySchema, model }),
  );

  const verdicts = claims.map((claim): Verified => ({ claim, verdict: "not found" }));
  for (const [at, { group, some }] of portions.entries()) {
    const reply = replies[at];
    if (reply instanceof Error)
      for (const { index } of some) Object.assign(verdicts[index] as Verified, { error: reply });
    else for (const { index } of some) take(verdicts[index] as Verified, said(reply, index), group);
  }
  return verdicts;
}

function promptOf(claims: readonly { claim: string; index: number }[], sources: readonly Source[]): string {
  const lines = claims.map(({ claim, index }) => `${index + 1}: ${JSON.stringify(claim)}`);
  return `Check each claim against the items below, and against nothing else that you know.\n\nClaims, one a line, as JSON:\n${lines.join("\n")}\n\n"supported": an item says so. "contradicted": an item says that it is not so. "not found": no item speaks of it. For the first two give the number of the item and copy the words that show it out of it exactly, one passage of a sentence or two.\nReply with JSON only: {"claims": [{"claim": 1, "verdict": "supported", "item": 3, "quote": "…"}, …]}, one for each claim.\n\n${marked(sources.map(({ text, index }) => ({ number: index + 1, text })))}`;
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

/** Believes a verdict only if its passage stands in a source of the portion; what contradicts goes before what supports. */
function take(verified: Verified, one: Said | undefined, group: readonly Source[]): void {
  const { verdict, item, quote } = one ?? {};
  if ((verdict !== "supported" && verdict !== "contradicted") || typeof quote !== "string") return;
  if (verified.verdict === "contradicted" || (verified.verdict === "supported" && verdict === "supported")) return;
  const named = group.filter(({ index }) => index + 1 === item);
  for (const { text, index } of [...named, ...group]) {
    const place = placeOf(quote, text);
    if (place === undefined) continue;
    Object.assign(verified, { verdict, source: index, ...place, quote: text.slice(place.start, place.end) });
    return;
  }
}

/** Where a passage stands, white space, quotation marks and dashes aside. */
export function placeOf(quote: string, text: string): { start: number; end: number } | undefined {
  const words = quote.trim();
  if (words.length < 3) return undefined;
  const at = text.indexOf(words);
  if (at >= 0) return { start: at, end: at + words.length };
  const pattern = words
    .split(/[\s"'“”‘’«»\-–—]+/)
    .filter((part) => part !== "")
    .map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`))
    .join(String.raw`[\s"'“”‘’«»\-–—]+`);
  const found = pattern === "" ? null : new RegExp(pattern, "u").exec(text);
  return found === null ? undefined : { start: found.index, end: found.index + found[0].length };
}
