import code from "#libraries/code";
import integrate from "#libraries/integrate";
import texts from "#libraries/texts";
import tokens from "#libraries/tokens";

/** Each an entry of `bundle/entries`. */
type LibraryName = "code" | "integrate" | "texts" | "tokens";

const libraries: Record<LibraryName, string> = { code, integrate, texts, tokens };

/** The source text of a library, bundled out of npm packages and this one, for a kit's `libraries`. */
export function libraryText(name: LibraryName): string {
  return libraries[name];
}
