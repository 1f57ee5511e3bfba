import { runProcess } from "../packages/rlm-cli/src/run-process.ts";

/** `pnpm rlm …`: pnpm runs scripts in the root, but a path stands on the folder where a person typed it. */
process.chdir(process.env.INIT_CWD ?? ".");
await runProcess();
