import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { makeLibrary } from "./make-library.ts";

/** The texts of all libraries, where `dist` looks for them. */
const root = join(import.meta.dirname, "..");
for (const entry of readdirSync(join(root, "bundle/entries"))) {
  const name = basename(entry, ".ts");
  makeLibrary(name, join(root, "dist/libraries", `${name}.js`));
}
