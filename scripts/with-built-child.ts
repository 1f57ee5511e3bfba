import { registerHooks } from "node:module";
import { entryUrls } from "./built-child.ts";

// `--import` of programs that tests start: their sandbox, too, starts the program that was made before the tests.
registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context);
    return found.url.endsWith(entryUrls.source) ? { ...found, url: entryUrls.built, format: "module" } : found;
  },
});
