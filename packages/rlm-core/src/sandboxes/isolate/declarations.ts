import type { AnyNode, FunctionDeclaration, Identifier, Pattern, Statement } from "acorn";

/** The names that a pattern binds. */
export function boundNames(pattern: Pattern): Identifier[] {
  if (pattern.type === "Identifier") return [pattern];
  if (pattern.type === "ArrayPattern") return pattern.elements.flatMap((each) => (each ? boundNames(each) : []));
  if (pattern.type === "AssignmentPattern") return boundNames(pattern.left);
  if (pattern.type === "RestElement") return boundNames(pattern.argument);
  if (pattern.type === "MemberExpression") return [];
  return pattern.properties.flatMap((each) => boundNames(each.type === "RestElement" ? each.argument : each.value));
}

/** A part of a statement that belongs to the same function. */
export interface Part {
  node: Statement;
  /** Whether another statement may stand before it. */
  inList: boolean;
}

export interface Scope {
  parts: Part[];
  /** The names that it binds. */
  names: string[];
  /** The statement that it is. */
  node: Statement;
}

/** The scopes of a statement that belong to the same function. */
export function scopesIn(node: Statement): Scope[] {
  switch (node.type) {
    case "BlockStatement":
      return [{ parts: node.body.map(inList), names: lexicalNames(node.body), node }];
    case "SwitchStatement": {
      const body = node.cases.flatMap(({ consequent }) => consequent);
      return [{ parts: body.map(inList), names: lexicalNames(body), node }];
    }
    case "ForStatement":
      return [bodyScope(node.body, node.init ? lexicalNames([node.init]) : [])];
    case "ForInStatement":
    case "ForOfStatement":
      return [bodyScope(node.body, lexicalNames([node.left]))];
    case "TryStatement": {
      const { block, handler, finalizer } = node;
      // A name alone may be declared again in its handler.
      const caught = handler?.param && handler.param.type !== "Identifier" ? boundNames(handler.param) : [];
      return [
        bodyScope(block),
        ...(handler
          ? [
              bodyScope(
                handler.body,
                caught.map(({ name }) => name),
              ),
            ]
          : []),
        ...(finalizer ? [bodyScope(finalizer)] : []),
      ];
    }
    case "IfStatement":
      return [bodyScope(node.consequent), ...(node.alternate ? [bodyScope(node.alternate)] : [])];
    case "WhileStatement":
    case "DoWhileStatement":
    case "LabeledStatement":
    case "WithStatement":
      return [bodyScope(node.body)];
    default:
      return [];
  }
}

/** The names that statements of one scope bind in it, `var` and functions at the top of a script aside. */
export function lexicalNames(
  body: readonly AnyNode[],
  functions: "functions" | "no functions" = "functions",
): string[] {
  return body.flatMap((node) => {
    if (node.type === "VariableDeclaration" && node.kind !== "var")
      return node.declarations.flatMap(({ id }) => boundNames(id).map(({ name }) => name));
    if (node.type === "ClassDeclaration" || (node.type === "FunctionDeclaration" && functions === "functions"))
      return node.id ? [node.id.name] : [];
    return [];
  });
}

/** A function that sloppy code has outside of its block too. */
export function isPlainFunction(node: AnyNode): node is FunctionDeclaration {
  return node.type === "FunctionDeclaration" && node.id !== null && !node.async && !node.generator;
}

function bodyScope(body: Statement, names: string[] = []): Scope {
  return { parts: [{ node: body, inList: false }], names, node: body };
}

function inList(node: Statement): Part {
  return { node, inList: true };
}
