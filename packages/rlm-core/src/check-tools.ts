import { InputError } from "./errors.ts";
import { reservedNames } from "./reserved-names.ts";
import { isKit, kitToolName, type Kit, type Tool } from "./tool.ts";

/** Checks the tools and kits of a run at the door. Throws {@link InputError} that names the tool and what is wrong. */
export function checkTools(tools: readonly (Tool | Kit)[]): void {
  if (!Array.isArray(tools)) throw new InputError(`Expected options.tools to be an array, got ${typeof tools}`);
  const seen = new Set<string>();
  for (const [index, tool] of tools.entries()) {
    if (typeof tool !== "object" || tool === null)
      throw new InputError(`Expected options.tools[${index}] to be a tool or a kit, got ${nameOf(tool)}`);
    const { name } = tool;
    if (typeof name !== "string" || !identifier.test(name))
      throw new InputError(`Expected options.tools[${index}].name to be an identifier, got ${JSON.stringify(name)}`);
    if (seen.has(name)) throw new InputError(`Expected tools to have different names, got "${name}" twice`);
    seen.add(name);
    if (isKit(tool)) checkKit(tool);
    else checkTool(tool);
  }
}

function checkTool(tool: Tool): void {
  const { name, parameters, run } = tool;
  if (typeof run !== "function")
    throw new InputError(`Expected the run of tool "${name}" to be a function, got ${nameOf(run)}`);
  if (typeof parameters !== "object" || parameters === null)
    throw new InputError(`Expected the parameters of tool "${name}" to be a JSON Schema, got ${nameOf(parameters)}`);
  for (const bound of ["maxCalls", "timeoutMs", "maxResultChars"] as const) {
    const value = tool[bound];
    // More milliseconds than that and a timer fires at once.
    if (value === undefined || (Number.isSafeInteger(value) && value >= 1 && value < 2 ** 31)) continue;
    throw new InputError(`Expected ${bound} of tool "${name}" to be an integer from 1 to ${2 ** 31 - 1}, got ${value}`);
  }
}

function checkKit({ name, functions, tools = [], libraries = {} }: Kit): void {
  if (reservedNames.has(name) && !ourKits.has(name))
    throw new InputError(`Cannot use the kit "${name}": the name is taken in the REPL; choose another`);
  if (typeof functions !== "object" || functions === null)
    throw new InputError(`Expected the functions of kit "${name}" to be an object, got ${nameOf(functions)}`);
  for (const [key, entry] of Object.entries(functions)) {
    if (!identifier.test(key))
      throw new InputError(`Expected the functions of kit "${name}" to have identifiers as names, got "${key}"`);
    if (typeof entry?.run !== "function")
      throw new InputError(`Expected ${name}.${key}.run to be a function, got ${nameOf(entry?.run)}`);
  }
  if (!Array.isArray(tools))
    throw new InputError(`Expected the tools of kit "${name}" to be an array, got ${nameOf(tools)}`);
  const seen = new Set<string>();
  for (const tool of tools as readonly Tool[]) {
    if (typeof tool?.name !== "string" || !identifier.test(tool.name) || seen.has(tool.name))
      throw new InputError(`Expected the tools of kit "${name}" to have different identifiers as names`);
    seen.add(tool.name);
    checkTool({ ...tool, name: kitToolName(name, tool.name), run: tool.run });
  }
  if (typeof libraries !== "object" || libraries === null)
    throw new InputError(`Expected the libraries of kit "${name}" to be an object, got ${nameOf(libraries)}`);
  for (const [key, text] of Object.entries(libraries)) {
    if (typeof text !== "string" || text.trim() === "")
      throw new InputError(`Expected library "${key}" of kit "${name}" to be the source text of an expression`);
  }
}

const identifier = /^[A-Za-z_$][\w$]*$/;
const ourKits = new Set(["decompose", "search", "integrate"]);

function nameOf(value: unknown): string {
  return value === null ? "null" : typeof value;
}
