import { canonicalJson, sha256 } from "./hash.ts";
import type { BlockEvent, JournalEvent, ResultEvent, TaskEvent } from "./journal.ts";
import type { SessionOptions } from "./sandbox.ts";

// A digest names a REPL state by everything that led to it: two sessions with equal digests hold equal variables.
// It is a chain of SHA-256, each link over the one before it and one event as canonical JSON:
//   d0   = sha256(["rlm-digest-1", seed, [[name, kind, ref] of each context]])
//   dn+1 = sha256([dn, "block", clock, code]) | sha256([dn, "result", id, hash, ok, json, ref])
//        | sha256([dn, "task", run, [[name, kind, hash] of each context that the run brought], response format, "cite" where it does])
// The contexts of d0 are those of the first run. What is asked changes no variable, so it is in no link.
// Calls, outputs and ends follow from these and are left out. A block that was rolled back never happened:
// neither it nor its results are in the chain.

/** The digest of a session that has run nothing yet. */
export function initialDigest({ seed, contexts }: Pick<SessionOptions, "seed" | "contexts">): string {
  return link([
    "rlm-digest-1",
    seed,
    contexts.filter(({ run = 0 }) => run === 0).map(({ name, kind, ref }) => [name, kind, ref]),
  ]);
}

/** The digest after one more event of the journal; only blocks, results and tasks change it. Skip blocks that were rolled back: see {@link withoutRolledBack}. */
export function digestAfter(digest: string, event: JournalEvent): string {
  if (event.type !== "block" && event.type !== "result" && event.type !== "task") return digest;
  const known = links.get(event);
  if (known?.before === digest) return known.after;
  const after = link([digest, ...contentOf(event)]);
  links.set(event, { before: digest, after });
  return after;
}

function contentOf(event: BlockEvent | ResultEvent | TaskEvent): unknown[] {
  if (event.type === "block") return ["block", event.clock, event.code];
  if (event.type === "result") return ["result", event.id, event.hash, event.ok, event.json, event.ref];
  const { run, contexts, responseFormat = null, cite } = event;
  const brought = contexts.map(({ name, kind, hash }) => [name, kind, hash]);
  return ["task", run, brought, responseFormat, ...(cite ? ["cite"] : [])];
}

// Every step follows the chain from its beginning: without these a run of many calls would take quadratic time.
const links = new WeakMap<JournalEvent, { before: string; after: string }>();

/** The events that count in a replay: blocks that were rolled back are left out, with all that belongs to them. */
export function withoutRolledBack(journal: readonly JournalEvent[]): JournalEvent[] {
  const kept: JournalEvent[] = [];
  let open = 0;
  for (const event of journal) {
    if (event.type === "block") open = kept.length;
    kept.push(event);
    if (event.type === "end" && event.rolledBack === true) kept.length = open;
  }
  return kept;
}

function link(parts: unknown[]): string {
  return sha256(canonicalJson(parts));
}
