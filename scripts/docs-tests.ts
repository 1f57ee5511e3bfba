import { existsSync, globSync, readFileSync } from "node:fs";

/**
 * The tests that a document names and that are not there. A line names them behind the path of their file:
 * `test/a.test.ts` “what the test is called”, “another one of it”. What is filled in, `${…}`, may be written as “…”.
 */
export function missingTests(text: string, read: (path: string) => string | undefined): string[] {
  return text.split("\n").flatMap((line) => {
    let path: string | undefined;
    return [...line.matchAll(/`([\w./-]+\.ts)`|“([^”]+)”/g)].flatMap(([, file, name]) => {
      path = file ?? path;
      if (name === undefined || path === undefined) return [];
      const source = read(path);
      if (source === undefined) return [`${path}: no such file`];
      return namesIn(source).has(withoutParts(name)) ? [] : [`${path}: no test “${name}”`];
    });
  });
}

/** What tests and laws are called in a file, with the placeholders that stand in a name. */
function namesIn(source: string): Set<string> {
  const tests = source.matchAll(/\(\s*(["'`])((?:\\.|(?!\1).)+)\1,\s*(?:\{[^{}]*\},\s*)?(?:async )?\(/gs);
  const laws = source.matchAll(/\bname: (["'`])((?:\\.|(?!\1).)+)\1,/g);
  return new Set([...tests, ...laws].map(([, , name = ""]) => withoutParts(name)));
}

function withoutParts(name: string): string {
  return name.replaceAll(/(\$\{[^}]*\})+/g, "…");
}

if (import.meta.main) {
  const read = (path: string): string | undefined => (existsSync(path) ? readFileSync(path, "utf8") : undefined);
  const documents = globSync(["*.md", "docs/*.md", "packages/*/README.md"]);
  const missing = documents.flatMap((document) =>
    missingTests(readFileSync(document, "utf8"), read).map((what) => `${document} names a test of ${what}`),
  );
  for (const one of missing) console.error(one);
  process.exitCode = missing.length > 0 ? 1 : 0;
}
