export { liveTree } from "./live-tree.ts";
export type { LiveTree, LiveTreeOptions, TreeStream } from "./live-tree.ts";
export { plainLine, plainText } from "./plain-text.ts";

export { main } from "./main.ts";
export { runProcess } from "./run-process.ts";
export { processIo, type Io } from "./io.ts";
export type { Terminal } from "./review/terminal.ts";
export { runAsk } from "./ask/ask-command.ts";
export type { Answered, AskPreset } from "./ask/ask-request.ts";
export type { OpenModel, OpenModelOptions } from "./ask/open-model.ts";
export type { LoadedContext, LoadOptions } from "./context/loaded-context.ts";
export { countPieces } from "./ask/count-tokens.ts";
