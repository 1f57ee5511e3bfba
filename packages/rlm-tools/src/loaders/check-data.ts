import { convert } from "./convert.ts";
import type { TextEncoding } from "rlm-core";
import type { DocumentKind } from "./document-kind.ts";
import { UnreadError } from "./unread.ts";

/** What is wrong with a table or JSON that somebody named, in words. */
export interface DataProblems {
  /** Whether it can be read as plain text only. */
  broken: boolean;
  problems: readonly string[];
}

/** Looks at a table or JSON that somebody named. Throws InputError or the signal's reason. */
export async function checkData(
  { name, kind, path }: { name: string; kind: DocumentKind; path: string },
  { encoding, signal }: { encoding?: TextEncoding | undefined; signal?: AbortSignal | undefined },
): Promise<DataProblems> {
  if ((kind !== "csv" && kind !== "json" && kind !== "jsonl") || encoding !== undefined)
    return { broken: false, problems: [] };
  try {
    const { problems = [] } = await convert(kind, path, name, { followLinks: true, signal });
    return { broken: false, problems };
  } catch (error) {
    if (!(error instanceof UnreadError)) throw error;
    // One that is too large to be looked at is taken for what its name says.
    if (error.reason === "limit") return { broken: false, problems: [] };
    return { broken: true, problems: [`${error.why}; read as plain text`] };
  }
}
