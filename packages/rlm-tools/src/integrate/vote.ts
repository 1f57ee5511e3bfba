import { checkOptions } from "../check-options.ts";
import type { JsonSchema, KitRepl } from "rlm-core";
import { askAll, defined, queriesOf, wordsOf } from "./ask.ts";

export interface VoteOptions {
  /** Calls, 2 to 25. @default 3 */
  times?: number;
  /** Of the value; better short ones, such as `{ enum: […] }`. @default a text, compared without regard to case and marks */
  schema?: JsonSchema;
  model?: string;
}

export interface Vote {
  /** What most calls said; of equals the one that came first. Undefined if all failed. */
  value: unknown;
  /** The part of all calls that said so, 0 to 1. */
  agreement: number;
  votes: { value: unknown; count: number }[];
  failed: Error[];
}

/** Asks the same question several times, each by itself, and counts what is said. */
export async function vote(repl: KitRepl, prompt: string, options: VoteOptions = {}): Promise<Vote> {
  const question = wordsOf(prompt, "the prompt", "vote");
  const {
    times = 3,
    schema,
    model,
  } = checkOptions<VoteOptions>(options, "integrate.vote", ["times", "schema", "model"]);
  if (!Number.isSafeInteger(times) || times < 2 || times > 25)
    throw new RangeError(`integrate.vote: expected times to be an integer from 2 to 25, got ${String(times)}`);
  // Told apart, so that no cache gives one reply to all of them.
  const prompts = Array.from(
    { length: times },
    (_, at) => `${question}\n\n(Voice ${at + 1} of ${times}, asked by itself.)`,
  );
  const replies = await askAll(queriesOf(repl, "vote"), prompts, defined({ schema, model }));
  const counts = new Map<string, { value: unknown; count: number }>();
  for (const reply of replies) {
    if (reply instanceof Error) continue;
    const key = typeof reply === "string" ? plain(reply) : sorted(reply);
    const known = counts.get(key) ?? { value: reply, count: 0 };
    known.count += 1;
    counts.set(key, known);
  }
  const votes = [...counts.values()].toSorted((a, b) => b.count - a.count);
  const [first] = votes;
  return {
    value: first?.value,
    agreement: (first?.count ?? 0) / times,
    votes,
    failed: replies.filter((reply) => reply instanceof Error),
  };
}

// Signs and units are a part of what is said; quotation marks around it and a full stop behind it are not.
function plain(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/\s+/g, " ")
    .replaceAll(/^[\s"'“”‘’«»`*]+|[\s"'“”‘’«»`*.。]+$/g, "");
}

/** JSON with the keys in order, so that equal values are one. */
function sorted(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
