import type { JournalEvent } from "./journal.ts";

/**
 * What persons said when they rejected code, a tool's call or an answer, oldest first, each once: wishes that a further run
 * has to know. Only what they said: no text of a reply, an output or a result comes here. What they said on a limit was meant
 * for that run alone.
 */
export function wishesOf(journal: readonly JournalEvent[]): string[] {
  const said = journal.flatMap((event) => {
    if (event.type !== "review" || event.decision !== "reject" || event.kind === "budget") return [];
    const wish = event.message?.trim() ?? "";
    return wish === "" ? [] : [wish.length > mostChars ? `${wish.slice(0, mostChars).toWellFormed()}…` : wish];
  });
  // Of the same words the newest place counts, for only the newest wishes are kept.
  return [...new Set(said.toReversed())].slice(0, mostWishes).toReversed();
}

const mostWishes = 10;
const mostChars = 1_000;
