import { InputError, type Kit, type Tool } from "rlm-core";
import { isRetriever, replTool, type LangChainTool } from "./repl-tool.ts";

/** What the code may be given: host tools and kits of rlm-core, tools and retrievers of LangChain. */
export type ReplToolLike = Tool | Kit | LangChainTool;

/** All of them as rlm-core takes them; what is none of LangChain is left for rlm-core to check. Throws {@link InputError}. */
export function toTools(tools: readonly ReplToolLike[]): (Tool | Kit)[] {
  if (!Array.isArray(tools)) return tools as never;
  const known = new Map<string, string>();
  return (tools as ReplToolLike[]).map((tool) => {
    if (typeof tool !== "object" || tool === null || !isOfLangChain(tool)) return tool;
    const made = replTool(tool);
    const own = tool.name ?? made.name;
    const before = known.get(made.name);
    if (before !== undefined)
      throw new InputError(
        `Cannot offer the tools "${before}" and "${own}" to the code: both would be tools.${made.name}; give one another name, replTool(tool, { name: "…" })`,
      );
    known.set(made.name, own);
    return made;
  });
}

function isOfLangChain(tool: object): tool is LangChainTool {
  if ("run" in tool || "functions" in tool || !("invoke" in tool)) return false;
  return "schema" in tool || isRetriever(tool);
}
