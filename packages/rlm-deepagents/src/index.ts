export { rlmSubAgent, type RlmSubAgent, type RlmSubAgentOptions } from "./rlm-sub-agent.ts";
export type { SubAgentReport, SubAgentState } from "./sub-agent-state.ts";
