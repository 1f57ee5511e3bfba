import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { makeLibrary, noticeOf, save } from "./make-library.ts";

// What the built package has in place of `from-source`: modules, so that whatever bundles the package takes them along.
const folder = join(import.meta.dirname, "../dist/libraries");
const packages = new Set<string>();
for (const entry of readdirSync(join(import.meta.dirname, "entries"))) {
  const name = basename(entry, ".ts");
  const library = makeLibrary(name);
  for (const each of library.packages) packages.add(each);
  save(join(folder, `${name}.js`), `export const text = ${JSON.stringify(library.text)};\n`);
}
const notices = [...packages].toSorted().map(noticeOf);
save(join(folder, "NOTICES.md"), `# What is inside of these libraries\n\n${notices.join("\n")}`);
