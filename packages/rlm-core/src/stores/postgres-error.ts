import { RlmError } from "../errors.ts";

/** What Postgres did not do, as an {@link RlmError} with code "store": what was wanted, what happened, what is kept, what to do. */
export function postgresError(action: string, cause: unknown): RlmError {
  if (cause instanceof RlmError) return cause;
  return new RlmError("store", `Cannot ${action} in Postgres: ${postgresState(cause)}`, { cause });
}

/** What an error of pg means for whoever reads it. */
export function postgresState(error: unknown): string {
  const message = messageOf(error);
  const code = codeOf(error);
  if (/cannot use a pool after calling end/i.test(message)) return "the store is closed";
  const known = states.find(([pattern]) => pattern.test(code ?? message))?.[1];
  return known === undefined ? message : `${known} (${message})`;
}

const kept = "nothing of this is kept, all that was kept before is whole";

// By the classes of SQLSTATE, by the system's names of errors, and by what pg says itself.
const states: readonly (readonly [RegExp, string])[] = [
  [
    /^(57P0\d|08\w{3}|E[A-Z]{3,}|EAI_AGAIN)$|terminated|not queryable|connection.*(error|closed|ended)|timeout/i,
    "the server is gone or does not answer; this is kept as a whole if only its answer was lost, else not at all, and all that was kept before is whole; see that it runs, then go on",
  ],
  [/^53100$/, `the server's disk is full; ${kept}; free some space, then go on`],
  [/^53\w{3}$/, `the server has no connection or memory left; ${kept}; go on when it has`],
  [/^25006$/, `the database may not be written; ${kept}; go on where it may`],
  [/^42501$/, `the user lacks the rights; ${kept}; grant them, or name another user or database`],
  [/^(28\w{3}|3D000)$/, "the server refuses the user or has no such database; look at the connection string"],
  [/^54\w{3}$/, `it is longer than Postgres takes; ${kept}`],
  [/^42P01$/, "its tables are gone; open the store again to make them, what they held is lost"],
];

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Where a name has several addresses, Node's error has no message of its own.
  return error.message === "" ? (codeOf(error) ?? error.name) : error.message;
}
