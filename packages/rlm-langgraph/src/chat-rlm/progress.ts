import type { RlmEvent } from "rlm-core";

/** Lines that tell how far a run is: each turn of the root, and what its code asked. No text of the context. */
export function progressOf(): (event: RlmEvent) => string | undefined {
  let calls = 0;
  return (event) => {
    if (event.type === "query-end" && event.depth === 0) calls++;
    if (event.depth > 0) return undefined;
    if (event.type === "turn-start") return `Turn ${event.turn}\n`;
    if (event.type !== "journal" || event.event.type !== "end" || calls === 0) return undefined;
    const line = `Turn ${event.turn}: ${calls} sub-call${calls === 1 ? "" : "s"} answered\n`;
    calls = 0;
    return line;
  };
}
