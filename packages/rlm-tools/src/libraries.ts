import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Each an entry of `bundle/entries`. */
type LibraryName = "code" | "search" | "texts" | "tokens";

const texts = new Map<string, string>();

/** The text of a bundled npm library for a kit's `libraries`; read when first asked for, so that a kit gives it by a getter. */
export function libraryText(name: LibraryName): string {
  const known = texts.get(name);
  if (known !== undefined) return known;
  const text = readFileSync(
    import.meta.url.endsWith(".ts") ? fromSource(name) : new URL(`./libraries/${name}.js`, import.meta.url),
    "utf8",
  );
  texts.set(name, text);
  return text;
}

// No build has been: it is made once, and again when what it is made of changes.
function fromSource(name: LibraryName): URL {
  const bundle = new URL("../bundle/", import.meta.url);
  const hash = createHash("sha256");
  for (const folder of [bundle, new URL("search/", import.meta.url), new URL("decompose/", import.meta.url)]) {
    const parts = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
      (part) => part.endsWith(".ts") && !part.endsWith(".test.ts"),
    );
    for (const part of parts.toSorted()) hash.update(readFileSync(new URL(part.replaceAll("\\", "/"), folder)));
  }
  hash.update(readFileSync(new URL("../../../pnpm-lock.yaml", import.meta.url)));
  const made = new URL(
    `../node_modules/.cache/rlm-tools/${name}-${hash.digest("hex").slice(0, 32)}.js`,
    import.meta.url,
  );
  if (!existsSync(made))
    execFileSync(process.execPath, [fileURLToPath(new URL("make-library.ts", bundle)), name, fileURLToPath(made)]);
  return made;
}
