// For those who write another form of the Runnable, such as a sub-agent: what an agent's question is answered by.
export { askForAgent, noteOnLimit, textOfAnswer, type NoAnswer } from "./tool/ask-for-agent.ts";
export { plainContext } from "./to-context.ts";
