import { stripTypeScriptTypes } from "node:module";
import { getLineInfo, type Node, type Options, type Program } from "acorn";
import { BoundedParser, NestedTooDeeply } from "./bounded-parser.ts";

export interface ParsedCode {
  /** The code as it is run: types blanked out, a hashbang made a comment; the same positions as what was given. */
  source: string;
  program: Program;
}

/** An error of the model's code that shows before it runs; the message is complete. */
export class CodeSyntaxError extends Error {}

/** Longest block of code, in characters. */
export const maxCodeChars = 262_144;

/** Parses a block as a script with top-level `await` and `return`. TypeScript is accepted where its types can be blanked out. Throws {@link CodeSyntaxError}. */
export function parseCode(code: string, fileName: string): ParsedCode {
  if (code.length > maxCodeChars) {
    throw new CodeSyntaxError(
      `SyntaxError: the block has ${code.length.toLocaleString("en-US")} characters, at most ${maxCodeChars.toLocaleString("en-US")} are allowed`,
    );
  }
  const source = code.startsWith("#!") ? `//${code.slice(2)}` : code;
  try {
    return parsed(source, fileName);
  } catch (error) {
    throw error instanceof NestedTooDeeply ? new CodeSyntaxError(tooDeep) : error;
  }
}

const tooDeep =
  "SyntaxError: the code is nested too deeply; use fewer brackets in each other and shorter chains of operators";

const noImport = "import and export do not exist in this REPL; there are no packages and no files";

const noAwait = "await stands only in async functions and outside of functions; make this function async";

const options: Options = {
  ecmaVersion: "latest",
  sourceType: "script",
  allowAwaitOutsideFunction: true,
  allowReturnOutsideFunction: true,
};

function parsed(source: string, fileName: string): ParsedCode {
  try {
    return withoutImport({ source, program: BoundedParser.parse(source, options) }, fileName);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const typed = parseTypeScript(source);
    return typed === undefined ? refuse(source, fileName, error) : withoutImport(typed, fileName);
  }
}

function parseTypeScript(source: string): ParsedCode | undefined {
  // In a function, `await` and `return` are allowed there too; the types are replaced by as many spaces.
  const open = "(async()=>{";
  const close = "\n})";
  try {
    const stripped = stripTypeScriptTypes(open + source + close).slice(open.length, -close.length);
    return { source: stripped, program: BoundedParser.parse(stripped, options) };
  } catch (error) {
    if (error instanceof NestedTooDeeply) throw error;
    return undefined;
  }
}

function withoutImport(code: ParsedCode, fileName: string): ParsedCode {
  const { source, program } = code;
  const found = source.includes("import") ? importIn(program) : undefined;
  if (found === undefined) return code;
  const where = { pos: found.start, loc: getLineInfo(source, found.start) };
  return refuse(source, fileName, Object.assign(new SyntaxError(noImport), where));
}

function refuse(
  source: string,
  fileName: string,
  error: SyntaxError & { pos?: number; loc?: { line: number; column: number } },
): never {
  const { pos = 0, loc = { line: 1, column: 0 } } = error;
  const found = error.message.replace(/ \(\d+:\d+\)$/, "");
  const message = plainer(found, source.slice(Math.max(0, pos - 20), pos));
  const from = Math.max(pos - loc.column, pos - 80);
  const rest = /^.{0,80}/.exec(source.slice(pos))?.[0] ?? "";
  const shown = source.slice(from, pos) + rest;
  throw new CodeSyntaxError(
    `SyntaxError: ${message}\n    at ${fileName}:${loc.line}:${loc.column + 1}\n${shown}\n${" ".repeat(pos - from)}^`,
  );
}

/** The parser's words, where they would puzzle, as what to do. */
function plainer(message: string, before: string): string {
  if (message.startsWith("'import' and 'export'")) return noImport;
  return message.startsWith("Unexpected") && /\bawait\s+$/.test(before) ? noAwait : message;
}

/** The first `import(…)`, which the engine itself would only answer with a puzzling rejection. */
function importIn(value: unknown): Node | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if ("type" in value && value.type === "ImportExpression") return value as Node;
  for (const child of Object.values(value)) {
    const found = importIn(child);
    if (found) return found;
  }
  return undefined;
}
