import type { Mentions } from "./guest/report.ts";

/** The answer where nothing was searched, with the reason. */
export function emptyReport(why: string, term = ""): Mentions {
  return {
    note: `Offline stand-in: rules, not a language model. ${why}`,
    term,
    texts: 0,
    mentions: 0,
    missing: 0,
    found: [],
  };
}
