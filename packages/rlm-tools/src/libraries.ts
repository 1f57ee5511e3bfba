import { text as code } from "#libraries/code";
import { text as integrate } from "#libraries/integrate";
import { text as search } from "#libraries/search";
import { text as texts } from "#libraries/texts";
import { text as tokens } from "#libraries/tokens";

/** Each an entry of `bundle/entries`. */
type LibraryName = "code" | "integrate" | "search" | "texts" | "tokens";

const libraries: Record<LibraryName, string> = { code, integrate, search, texts, tokens };

/** The source text of a library, bundled out of npm packages and this one, for a kit's `libraries`. */
export function libraryText(name: LibraryName): string {
  return libraries[name];
}
