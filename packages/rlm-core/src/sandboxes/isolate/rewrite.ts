import type {
  AnyNode,
  Expression,
  FunctionDeclaration,
  Identifier,
  Program,
  Statement,
  VariableDeclaration,
} from "acorn";
import MagicString from "magic-string";
import { boundNames, isPlainFunction, lexicalNames, scopesIn, type Part, type Scope } from "./declarations.ts";
import { parseCode } from "./parse-code.ts";
import { syntaxError } from "./syntax-error.ts";

/** A block as two scripts that keep the model's line numbers and its names across blocks. */
export interface RewrittenBlock {
  /** The functions declared at the top, all else blanked; "" if there are none. To be run before the main function, for they are hoisted. */
  functions: string;
  /** Evaluates to an async function: the rest, with top-level declarations turned into assignments to globals. */
  main: string;
  /** Characters before the first of the model's in line 1, as a negative number. */
  functionsColumnOffset: number;
  mainColumnOffset: number;
  /** Names that the block declares. */
  declared: string[];
}

/** Rewrites a block of model code. Throws CodeSyntaxError, also for a declaration of a reserved name. */
export function rewrite(code: string, fileName: string, reserved: ReadonlySet<string>): RewrittenBlock {
  const { source, program } = parseCode(code, fileName);
  const text = new MagicString(source);
  const declared = new Set<string>();
  const strict = isStrict(program);
  const functions: FunctionDeclaration[] = [];
  const unused = unusedName(source);

  const declare = (names: readonly Identifier[]): void => {
    for (const { name, start } of names) {
      if (reserved.has(name)) throw syntaxError(source, fileName, reservedMessage(name), start);
      if (name === "await") throw syntaxError(source, fileName, '"await" cannot be declared', start);
      declared.add(name);
    }
  };

  /** `const a = 1` becomes `(a =(0,1))`; a leading `;` keeps a line before it, that ends without one, apart. */
  const assign = (node: VariableDeclaration, place: "list" | "body" | "for"): void => {
    declare(node.declarations.flatMap(({ id }) => boundNames(id)));
    let wider = place === "list" ? 2 : 1;
    for (const { id, init, end } of node.declarations) {
      if (!init && node.kind !== "var") text.appendLeft(id.end, "=void 0");
      if (!init || place === "for" || takesName(init)) continue;
      const at = equalsEnd(source, id.end, init.start);
      const spare = source[at] === " " && at < init.start ? 1 : 0;
      // After a comma V8 counts positions as from a statement's start: else a name that is not there would be missed
      // where the declaration begins.
      text
        .remove(at, at + spare)
        .appendLeft(at, "(0,")
        .appendLeft(end, ")");
      if (!lineBreak.test(source.slice(node.start, init.start))) wider += 3 - spare;
    }
    // What went in is taken out of the keyword, so that the columns of the first value stay.
    const keyword = node.kind.length + (source[node.start + node.kind.length] === " " ? 1 : 0);
    const filler = " ".repeat(Math.max(0, keyword - wider));
    text.overwrite(node.start, node.start + keyword, (place === "list" ? ";(" : "(") + filler);
    const semicolon = place !== "for" && source[node.end - 1] === ";";
    text.appendLeft(semicolon ? node.end - 1 : node.end, semicolon || place === "for" ? ")" : ");");
  };

  /** `using a = b` becomes `using … =a = b`: the block disposes of it, and the name stays as all others do. */
  const use = (node: VariableDeclaration): void => {
    declare(node.declarations.flatMap(({ id }) => boundNames(id)));
    for (const [index, { start }] of node.declarations.entries())
      text.appendLeft(start, `${unused}${node.start}_${index}=`);
  };

  /** Below the top only `var` and, in sloppy code, functions in blocks reach out of their block. */
  const hoist = ({ node, inList }: Part, outer: Binds): void => {
    if (node.type === "VariableDeclaration" && node.kind === "var") assign(node, inList ? "list" : "body");
    if (node.type === "ForStatement" && isVar(node.init)) assign(node.init, "for");
    if ((node.type === "ForInStatement" || node.type === "ForOfStatement") && isVar(node.left)) assignEach(node.left);
    for (const scope of scopesIn(node)) {
      const names = new Set(scope.names);
      const inner: Binds = (name) => names.has(name) || outer(name);
      for (const part of scope.parts) hoist(part, inner);
      if (!strict) share(scope, outer);
    }
  };

  const assignEach = (left: VariableDeclaration): void => {
    const names = left.declarations.flatMap(({ id }) => boundNames(id));
    declare(names);
    // Brackets, for `for (async of` would be something else.
    const name = left.declarations[0]?.id.type === "Identifier" ? names[0] : undefined;
    text.overwrite(left.start, left.start + 3, name === undefined ? "   " : "  (");
    if (name !== undefined) text.appendLeft(name.end, ")");
  };

  /**
   * A function in a block is the script's too, from where the block declares it. It would become the async function's
   * instead, and hide the script's, if there were no `let` of its name around the block.
   */
  const share = ({ parts, node }: Scope, outer: Binds): void => {
    const found = parts.filter((part): part is Part & { node: FunctionDeclaration } => isPlainFunction(part.node));
    if (found.length === 0) return;
    const names = new Set(found.map(({ node: { id } }) => id.name));
    text.appendRight(node.start, `{let ${[...names].join(",")};`);
    for (const { node: declaration, inList } of found) {
      const { id, start, end } = declaration;
      const shared = !outer(id.name) && !reserved.has(id.name);
      if (shared) declare([id]);
      text.appendRight(start, `${inList ? "" : "{"}${shared ? `globalThis.${id.name}=${id.name};` : ""}`);
      if (!inList) text.appendLeft(end, "}");
    }
    text.appendLeft(node.end, "}");
  };

  const topNames = new Set(lexicalNames(program.body, "no functions"));
  for (const node of program.body as Statement[]) {
    if (node.type === "FunctionDeclaration") {
      declare([node.id]);
      functions.push(node);
      text.overwrite(node.start, node.end, `;${blank(source.slice(node.start + 1, node.end))}`);
    } else if (node.type === "ClassDeclaration") {
      declare([node.id]);
      text.appendRight(node.start, `;${node.id.name}=`);
      text.appendLeft(node.end, ";");
    } else if (node.type !== "VariableDeclaration") hoist({ node, inList: true }, (name) => topNames.has(name));
    else if (node.kind === "using" || node.kind === "await using") use(node);
    else assign(node, "list");
  }

  const last = program.body.at(-1);
  let opening = "(async()=>{";
  if (last?.type === "ExpressionStatement" && last.directive !== "use strict") {
    const semicolon = source[last.end - 1] === ";";
    const previous = program.body.at(-2);
    // Behind the statement before, which is mostly on another line: so the columns of this one stay. After a comma V8
    // counts positions as from a statement's start; else a ReferenceError would be where `return` is.
    if (previous === undefined) opening += "return (0,";
    else text.appendLeft(previous.end, "; return (0,");
    text.appendLeft(semicolon ? last.end - 1 : last.end, semicolon ? ")" : ");");
  }

  const names = [...declared];
  const before = `${names.length > 0 ? `var ${names.join(",")};` : ""}${opening}`;
  const beforeFunctions = strict ? '"use strict";' : "";
  return {
    functions: functions.length > 0 ? beforeFunctions + only(source, functions) : "",
    main: `${before}${text.toString()}\n})`,
    functionsColumnOffset: 0 - beforeFunctions.length,
    mainColumnOffset: 0 - before.length,
    declared: names,
  };
}

/** Whether a scope around a statement binds a name. */
type Binds = (name: string) => boolean;

const lineBreak = /[\n\r\u2028\u2029]/;

function isStrict(program: Program): boolean {
  return program.body.some((node) => node.type === "ExpressionStatement" && node.directive === "use strict");
}

function isVar(node: AnyNode | null | undefined): node is VariableDeclaration {
  return node?.type === "VariableDeclaration" && node.kind === "var";
}

/** Whether the value is named after the variable: only if nothing stands around it. */
function takesName({ type }: Expression): boolean {
  return type === "ArrowFunctionExpression" || type === "FunctionExpression" || type === "ClassExpression";
}

/** Behind the `=`, if it can be told apart from a comment; else where the value begins. */
function equalsEnd(source: string, from: number, to: number): number {
  const between = source.slice(from, to);
  return between.includes("/") ? to : from + between.indexOf("=") + 1;
}

function unusedName(source: string): string {
  let name = "$block";
  while (source.includes(name)) name += "$";
  return name;
}

/** Keeps line breaks, so that what follows stays on its line. */
function blank(text: string): string {
  return text.replace(/[^\n\r\u2028\u2029]/g, " ");
}

function only(source: string, ranges: readonly { start: number; end: number }[]): string {
  let kept = "";
  let position = 0;
  for (const { start, end } of ranges) {
    kept += blank(source.slice(position, start)) + source.slice(start, end);
    position = end;
  }
  return kept;
}

function reservedMessage(name: string): string {
  return `"${name}" is reserved by the REPL and cannot be declared: choose another name`;
}
