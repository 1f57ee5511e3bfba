import { InputError } from "rlm-core";
import { postgresPool, postgresState, postgresStore, type PostgresPool } from "rlm-core/stores/postgres";
import { notInstalled, type Persistence } from "./persistence.ts";
import { openSaver } from "./postgres-saver.ts";

export type { Persistence } from "./persistence.ts";
export type { PostgresPool } from "rlm-core/stores/postgres";

/**
 * Texts, logs and checkpoints of runs in one Postgres database, given by its address or a Pool of pg, which stays the
 * caller's to end. Tables are made if they are not there; many processes may use it at once.
 * Throws {@link InputError} if the database cannot be used, or pg or @langchain/langgraph-checkpoint-postgres is not installed.
 */
export async function postgres(place: string | PostgresPool): Promise<Persistence> {
  const { PostgresSaver } = await import("@langchain/langgraph-checkpoint-postgres").catch((cause: unknown) => {
    throw notInstalled("rlm-langgraph/postgres", "@langchain/langgraph-checkpoint-postgres pg", cause);
  });
  const { pool, close } = await postgresPool(typeof place === "string" ? { connectionString: place } : place);
  try {
    // The store first: it says at the door what is wrong with the database.
    const store = await postgresStore(pool);
    return { store, checkpointer: await openSaver(PostgresSaver, pool), close };
  } catch (cause) {
    await close();
    if (cause instanceof InputError) throw cause;
    throw new InputError(`Cannot keep checkpoints in Postgres: ${postgresState(cause)}`, { cause });
  }
}
