import type { AnyNode, BlockStatement, Pattern, Program, Statement, VariableDeclaration } from "acorn";
import MagicString from "magic-string";
import { CodeSyntaxError, parseCode } from "./parse-code.ts";

/** A block as two scripts that keep the model's line numbers and its names across blocks. */
export interface RewrittenBlock {
  /** The functions declared at the top, all else blanked; "" if there are none. To be run first, for they are hoisted. */
  functions: string;
  /** Evaluates to an async function: the rest, with top-level declarations turned into assignments to globals. */
  main: string;
  /** Characters before the first of the model's in line 1, as a negative number. */
  functionsColumnOffset: number;
  mainColumnOffset: number;
  /** Names that the block declares. */
  declared: string[];
}

/** Rewrites a block of model code. Throws {@link CodeSyntaxError}, also for a declaration of a reserved name. */
export function rewrite(code: string, fileName: string, reserved: ReadonlySet<string>): RewrittenBlock {
  const { source, program } = parseCode(code, fileName);
  const text = new MagicString(source);
  const declared = new Set<string>();
  const declare = (names: readonly string[]): void => {
    for (const name of names) {
      if (reserved.has(name))
        throw new CodeSyntaxError(
          `SyntaxError: "${name}" is reserved by the REPL and cannot be declared: choose another name`,
        );
      declared.add(name);
    }
  };
  const strict = isStrict(program);
  const functions: { start: number; end: number }[] = [];

  /** `const a = 1` becomes `(a = 1)`; a leading `;` keeps a line before it, that ends without one, apart. */
  const assign = (node: VariableDeclaration, place: "list" | "body" | "for"): void => {
    declare(node.declarations.flatMap((each) => boundNames(each.id)));
    for (const each of node.declarations)
      if (!each.init && node.kind !== "var") text.appendLeft(each.id.end, "=void 0");
    text.overwrite(node.start, node.start + node.kind.length, (place === "list" ? ";(" : "(").padEnd(node.kind.length));
    const semicolon = place !== "for" && source[node.end - 1] === ";";
    text.appendLeft(semicolon ? node.end - 1 : node.end, semicolon || place === "for" ? ")" : ");");
  };

  /** Below the top only `var` and, in sloppy code, functions in blocks reach out of their block. */
  const hoist = (node: AnyNode, place: "list" | "body"): void => {
    if (node.type === "VariableDeclaration") {
      if (node.kind === "var") assign(node, place);
      return;
    }
    if (node.type === "ForStatement" && node.init?.type === "VariableDeclaration" && node.init.kind === "var")
      assign(node.init, "for");
    if (
      (node.type === "ForInStatement" || node.type === "ForOfStatement") &&
      node.left.type === "VariableDeclaration" &&
      node.left.kind === "var"
    ) {
      declare(node.left.declarations.flatMap((each) => boundNames(each.id)));
      text.overwrite(node.left.start, node.left.start + 3, "   ");
    }
    if (node.type === "BlockStatement" && !strict) exportFunctions(node);
    for (const { child, inList } of statementsIn(node)) hoist(child, inList ? "list" : "body");
  };

  const exportFunctions = (block: BlockStatement): void => {
    for (const node of block.body) {
      if (node.type !== "FunctionDeclaration" || node.async || node.generator || reserved.has(node.id.name)) continue;
      text.appendRight(node.start, `globalThis.${node.id.name}=${node.id.name};`);
    }
  };

  for (const node of program.body as Statement[]) {
    if (node.type === "FunctionDeclaration") {
      declare([node.id.name]);
      functions.push(node);
      text.overwrite(node.start, node.end, `;${blank(source.slice(node.start + 1, node.end))}`);
    } else if (node.type === "ClassDeclaration") {
      declare([node.id.name]);
      text.appendRight(node.start, `;${node.id.name}=`);
      text.appendLeft(node.end, ";");
    } else if (node.type === "VariableDeclaration") {
      assign(node, "list");
    } else {
      hoist(node, "list");
    }
  }

  const last = program.body.at(-1);
  let opening = "(async()=>{";
  if (last?.type === "ExpressionStatement" && last.directive === undefined) {
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

function isStrict(program: Program): boolean {
  return program.body.some((node) => node.type === "ExpressionStatement" && node.directive === "use strict");
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

function boundNames(pattern: Pattern): string[] {
  if (pattern.type === "Identifier") return [pattern.name];
  if (pattern.type === "ArrayPattern") return pattern.elements.flatMap((each) => (each ? boundNames(each) : []));
  if (pattern.type === "AssignmentPattern") return boundNames(pattern.left);
  if (pattern.type === "RestElement") return boundNames(pattern.argument);
  if (pattern.type === "MemberExpression") return [];
  return pattern.properties.flatMap((each) => boundNames(each.type === "RestElement" ? each.argument : each.value));
}

/** The statements inside of a statement that belong to the same function; `inList`: where another may stand before them. */
function statementsIn(node: AnyNode): { child: AnyNode; inList: boolean }[] {
  if (node.type === "BlockStatement") return node.body.map((child) => ({ child, inList: true }));
  if (node.type === "SwitchStatement") {
    return node.cases.flatMap(({ consequent }) => consequent.map((child) => ({ child, inList: true })));
  }
  return bodiesOf(node).flatMap((child) => (child ? [{ child, inList: false }] : []));
}

function bodiesOf(node: AnyNode): (AnyNode | null | undefined)[] {
  if (node.type === "IfStatement") return [node.consequent, node.alternate];
  if (node.type === "TryStatement") return [node.block, node.handler?.body, node.finalizer];
  if (node.type === "ForStatement" || node.type === "ForInStatement" || node.type === "ForOfStatement")
    return [node.body];
  if (node.type === "WhileStatement" || node.type === "DoWhileStatement") return [node.body];
  if (node.type === "LabeledStatement" || node.type === "WithStatement") return [node.body];
  return [];
}
