import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
let sources: string | undefined;

/** The text of a library where no build has been: made once, and again when what it is made of changes. */
export function cached(name: string): string {
  sources ??= hashOfSources();
  const made = join(root, "node_modules/.cache/rlm-tools", `${name}-${sources}.js`);
  // By a program of its own: what makes it takes longer to load than all else of a test.
  if (!existsSync(made)) execFileSync(process.execPath, [join(import.meta.dirname, "make-library.ts"), name, made]);
  return readFileSync(made, "utf8");
}

function hashOfSources(): string {
  const hash = createHash("sha256");
  for (const folder of [import.meta.dirname, join(root, "src")]) {
    const parts = readdirSync(folder, { recursive: true, encoding: "utf8" });
    for (const part of parts.filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts")).toSorted())
      hash.update(readFileSync(join(folder, part)));
  }
  return hash
    .update(readFileSync(join(root, "../../pnpm-lock.yaml")))
    .digest("hex")
    .slice(0, 32);
}
