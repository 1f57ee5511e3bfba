import { boundLaws } from "./laws/bound-laws.ts";
import { callLaws } from "./laws/call-laws.ts";
import type { SandboxLaw } from "./laws/law.ts";
import { replLaws } from "./laws/repl-laws.ts";
import { runLaws } from "./laws/run-laws.ts";
import { replayLaws } from "./laws/replay-laws.ts";

/**
 * What every {@link Sandbox} keeps: `for (const law of sandboxLaws) it(law.name, () => law.holds((options) => sandbox.open({ ...defaults, ...options })))`.
 * The laws give every option that they rely on. They take no longer than a minute each and close their sessions.
 */
export const sandboxLaws: readonly SandboxLaw[] = [...replLaws, ...callLaws, ...replayLaws, ...runLaws, ...boundLaws];
