import { createSearchLibrary } from "../../src/search/search-library.ts";

export const library = createSearchLibrary();
