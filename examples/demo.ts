// A recursive language model over 10 MB of real text, watched as it works: `pnpm demo`.
import { processIo } from "rlm-cli";
import { askPresidents } from "./panama/ask-presidents.ts";

process.exitCode = await askPresidents(process.argv.slice(2), processIo());
