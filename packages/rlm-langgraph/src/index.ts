export { createRlmGraph, type RlmGraphOptions } from "./create-rlm-graph.ts";
export type { ModelLike, SubModelLike } from "./models.ts";
