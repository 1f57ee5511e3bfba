import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InputError } from "rlm-core";
import { problemWords } from "./problem-words.ts";

/** A new folder of this user alone below the system's for temporary files; `advice`: what else there is to do. Throws InputError. */
export function temporaryFolder(prefix: string, advice = ""): string {
  const parent = tmpdir();
  try {
    return mkdtempSync(join(parent, prefix));
  } catch (cause) {
    throw new InputError(
      `Cannot make a temporary file in ${parent}: ${problemWords(cause)}; set TMPDIR to a folder that this user may write to${advice}`,
      { cause },
    );
  }
}
