import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder that only this user can enter, made when first needed. */
export interface TemporaryFolder {
  path(): string;
  /** Removes it and all in it, at once: also on the way out. */
  remove(): void;
}

export function temporaryFolder(): TemporaryFolder {
  let made: string | undefined;
  return {
    path: () => (made ??= mkdtempSync(join(tmpdir(), "rlm-"))),
    remove() {
      if (made !== undefined) rmSync(made, { recursive: true, force: true });
      made = undefined;
    },
  };
}
