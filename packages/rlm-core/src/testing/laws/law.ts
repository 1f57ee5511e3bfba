import { type Bench, type OpenSession, withBench } from "./recorder.ts";

/** One promise of the sandbox; `open` gives a session with at least these options. */
export interface SandboxLaw {
  name: string;
  holds(open: OpenSession): Promise<void>;
}

export function law(name: string, holds: (bench: Bench) => Promise<void>): SandboxLaw {
  return { name, holds: (open) => withBench(open, holds) };
}
