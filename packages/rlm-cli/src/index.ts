export { liveTree } from "./live-tree.ts";
export type { LiveTreeOptions, TreeStream } from "./live-tree.ts";
export { plainLine, plainText } from "./plain-text.ts";
