import type { ExpressionStatement, Node, Options, Program } from "acorn";
import { BoundedParser, NestedTooDeeply } from "./bounded-parser.ts";
import { stripTypes, type Failed } from "./strip-types.ts";
import { CodeSyntaxError, syntaxError } from "./syntax-error.ts";

export interface ParsedCode {
  /** The code as it is run: types blanked out, a hashbang made a comment; the same positions as what was given. */
  source: string;
  program: Program;
}

/** Longest block of code, in characters. */
export const maxCodeChars = 1_048_576;

/** Parses a block as a script with top-level `await` and `return`. TypeScript is accepted where its types can be blanked out. Throws {@link CodeSyntaxError}. */
export function parseCode(code: string, fileName: string): ParsedCode {
  if (code.length > maxCodeChars) {
    throw new CodeSyntaxError(
      `SyntaxError: the block has ${code.length.toLocaleString("en-US")} characters, at most ${maxCodeChars.toLocaleString("en-US")} are allowed`,
    );
  }
  const source = code.startsWith("#!") ? `//${code.slice(2)}` : code;
  try {
    const parsed = parse(source, fileName);
    const found = source.includes("import") ? importIn(parsed.program) : undefined;
    if (found !== undefined) throw syntaxError(source, fileName, noImport, found.start);
    return parsed;
  } catch (error) {
    throw error instanceof NestedTooDeeply ? new CodeSyntaxError(tooDeep) : error;
  }
}

const tooDeep =
  "SyntaxError: the code is nested too deeply; use fewer brackets in each other and shorter chains of operators";

const noImport = "import and export do not exist in this REPL; there are no packages and no files";

const noAwait = "await stands only in async functions and outside of functions; make this function async";

const unfinished = "Unexpected end of the code: a bracket, a quote or a comment is not closed";

const options: Options = {
  ecmaVersion: "latest",
  sourceType: "script",
  allowAwaitOutsideFunction: true,
  allowReturnOutsideFunction: true,
};

function parse(source: string, fileName: string): ParsedCode {
  const plain = attempt(source);
  if ("program" in plain) return plain;
  const stripped = stripTypes(source);
  const typed = typeof stripped === "string" ? attempt(stripped) : stripped;
  if ("program" in typed) return typed;
  // The parser that came further knows better: the other one may have stopped at a type.
  const { message, position } = typed.sure === true || typed.position > plain.position ? typed : plain;
  throw syntaxError(source, fileName, plainer(message, source, position), position);
}

function attempt(source: string): ParsedCode | Failed {
  try {
    const program = BoundedParser.parse(source, options);
    const last = program.body.at(-1);
    const object = last?.type === "BlockStatement" ? objectAt(source, last.start) : undefined;
    if (object !== undefined && object.end === last?.end && !hasMethod(object)) program.body.splice(-1, 1, object);
    return { source, program };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const object = objectAt(source, 0);
    if (object !== undefined && isBlank(source.slice(object.end))) {
      const program = BoundedParser.parse(" ".repeat(source.length), options);
      program.body.push(object);
      return { source, program };
    }
    const { message, pos = 0 } = error as SyntaxError & { pos?: number };
    return { message: message.replace(/ \(\d+:\d+\)$/, ""), position: pos };
  }
}

/** An object literal where a block would stand: `{ a, b }` at the end is meant as a value, as every REPL takes it. */
function objectAt(source: string, position: number): ExpressionStatement | undefined {
  try {
    const expression = BoundedParser.parseExpressionAt(source, position, options);
    const { start, end, type } = expression;
    return type === "ObjectExpression" ? { type: "ExpressionStatement", start, end, expression } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** As a method reads `{ if (a) { … } }` too. */
function hasMethod({ expression }: ExpressionStatement): boolean {
  return (
    expression.type === "ObjectExpression" &&
    expression.properties.some((each) => each.type === "Property" && (each.method || each.kind !== "init"))
  );
}

/** Whether there is nothing but spaces and comments. */
function isBlank(source: string): boolean {
  try {
    return BoundedParser.parse(source, options).body.length === 0;
  } catch {
    return false;
  }
}

/** The parser's words, where they would puzzle, as what to do. */
function plainer(message: string, source: string, position: number): string {
  if (message.startsWith("'import' and 'export'")) return noImport;
  if (!/^(Unexpected|Expected|Expression)/.test(message)) return message;
  if (/\bawait\s+$/.test(source.slice(Math.max(0, position - 20), position))) return noAwait;
  return source.slice(position).trim() === "" ? unfinished : message;
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
