import { processIo } from "./io.ts";
import { main } from "./main.ts";

/** `rlm` as a process: ends it with the exit code, for a provider's open connections would hold it up. */
export async function runProcess(): Promise<never> {
  process.exit(await main(process.argv.slice(2), processIo()));
}
