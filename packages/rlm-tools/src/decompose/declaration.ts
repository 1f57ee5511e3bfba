import type { SyntaxNode } from "@lezer/common";

export interface Member {
  kind: string;
  name: string;
  start: number;
  end: number;
}

/** What a piece of source text declares. */
export type Declaration = Omit<Member, "start" | "end"> & { members: Member[] };

const kinds: Record<string, string> = {
  FunctionDeclaration: "function",
  FunctionDefinition: "function",
  FunctionDecl: "function",
  FunctionItem: "function",
  MethodDeclaration: "method",
  MethodDecl: "method",
  ConstructorDeclaration: "method",
  ClassDeclaration: "class",
  ClassDefinition: "class",
  ClassSpecifier: "class",
  StructSpecifier: "struct",
  StructItem: "struct",
  UnionSpecifier: "struct",
  InterfaceDeclaration: "interface",
  TraitItem: "trait",
  TraitDeclaration: "trait",
  EnumDeclaration: "enum",
  EnumSpecifier: "enum",
  EnumItem: "enum",
  RecordDeclaration: "record",
  TypeAliasDeclaration: "type",
  TypeDecl: "type",
  TypeItem: "type",
  NamespaceDeclaration: "namespace",
  NamespaceDefinition: "namespace",
  ModItem: "namespace",
  ImplItem: "impl",
  MacroDefinition: "macro",
};
const wrappers = new Set(["ExportDeclaration", "DecoratedStatement", "TemplateDeclaration"]);
const bodies = new Set(
  "ClassBody Body Block CompoundStatement DeclarationList FieldDeclarationList InterfaceBody EnumBody RecordBody".split(
    " ",
  ),
);
const names = new Set(
  "VariableDefinition TypeDefinition PropertyDefinition PrivatePropertyDefinition Definition DefName FieldName BoundIdentifier ScopedIdentifier Identifier FieldIdentifier DestructorName TypeIdentifier Name VariableName".split(
    " ",
  ),
);
const givers = new Set(["VariableDeclaration", "AssignmentExpression", "PropertyDeclaration"]);
const values: Record<string, string> = {
  ArrowFunction: "function",
  FunctionExpression: "function",
  ClassExpression: "class",
};

/** What a node declares; undefined where it is no declaration. */
export function declarationOf(node: SyntaxNode, text: string): Declaration | undefined {
  if (wrappers.has(node.name)) {
    for (let child = node.firstChild; child !== null; child = child.nextSibling) {
      const found = declarationOf(child, text) ?? unnamed(child, text);
      if (found !== undefined)
        return found.name === "" && node.getChild("default") ? { ...found, name: "default" } : found;
    }
    return undefined;
  }
  const held = node.name === "TypeDefinition" ? typeDefinition(node, text) : valueOf(node, text);
  if (held !== undefined) return held;
  const kind = kinds[node.name];
  return kind === undefined ? undefined : { kind, ...partsOf(node, text, kind) };
}

function partsOf(node: SyntaxNode, text: string, kind: string): Omit<Declaration, "kind"> {
  const body = bodyOf(node);
  const holds = kind !== "function" && kind !== "method";
  return { name: nameOf(node, text, body), members: holds && body !== undefined ? membersOf(body, text) : [] };
}

function membersOf(body: SyntaxNode, text: string): Member[] {
  const found: Member[] = [];
  for (let node = body.firstChild; node !== null; node = node.nextSibling) {
    const declared = declarationOf(node, text);
    if (declared !== undefined)
      found.push({
        kind: declared.kind === "function" ? "method" : declared.kind,
        name: declared.name,
        start: node.from,
        end: node.to,
      });
  }
  return found;
}

/** `const f = () => …`, `exports.f = function …`, `x = class …` in a class: a function or class that is named by what it is put into. */
function valueOf(node: SyntaxNode, text: string): Declaration | undefined {
  const given = node.name === "ExpressionStatement" ? node.getChild("AssignmentExpression") : node;
  if (given === null || !givers.has(given.name)) return undefined;
  let into = "";
  let child = given.firstChild;
  while (child !== null) {
    const found = unnamed(child, text);
    if (found !== undefined) return { ...found, name: nameInto(into, found.name) };
    if (names.has(child.name) || child.name === "MemberExpression") into = text.slice(child.from, child.to);
    // `exports = module.exports = function …`
    child = child.name === "AssignmentExpression" ? child.firstChild : child.nextSibling;
  }
  return undefined;
}

/** A function or class without a declaration; "" as its name, if it has none of its own. */
function unnamed(node: SyntaxNode, text: string): Declaration | undefined {
  const kind = values[node.name];
  if (kind === undefined) return undefined;
  const own = node.getChild("VariableDefinition");
  return { kind, ...partsOf(node, text, kind), name: own === null ? "" : text.slice(own.from, own.to) };
}

/** `module.exports` names only what has no name of its own. */
function nameInto(into: string, own: string): string {
  if (/^(?:module\.)?exports$/.test(into)) return own === "" ? into : own;
  return into.replace(/^(?:module\.)?exports\./, "");
}

/** Of C: `typedef struct { … } name;`, by the name that it gets. */
function typeDefinition(node: SyntaxNode, text: string): Declaration {
  let name = node.lastChild;
  while (name !== null && !/Identifier|Declarator/.test(name.name)) name = name.prevSibling;
  const held = ["StructSpecifier", "UnionSpecifier", "EnumSpecifier"]
    .flatMap((each) => node.getChild(each) ?? [])
    .find((each) => each.getChild("FieldDeclarationList") ?? each.getChild("EnumeratorList"));
  const named = name === null || names.has(name.name) ? name : undefined;
  return {
    kind: kinds[held?.name ?? ""] ?? "type",
    name: named ? text.slice(named.from, named.to) : name === null ? "" : (firstName(name, text, name.to, 3) ?? ""),
    members: [],
  };
}

function bodyOf(node: SyntaxNode): SyntaxNode | undefined {
  for (let child = node.firstChild; child !== null; child = child.nextSibling) if (bodies.has(child.name)) return child;
  return undefined;
}

function nameOf(node: SyntaxNode, text: string, body: SyntaxNode | undefined): string {
  const to = body?.from ?? node.to;
  // A block of methods has no name but what it is for.
  if (node.name === "ImplItem")
    return text
      .slice(node.from, to)
      .replace(/^impl\s*/, "")
      .trim();
  return firstName(declaratorOf(node) ?? node, text, to, 3) ?? "";
}

/** Of C and C++: what stands before it is the type. */
function declaratorOf(node: SyntaxNode): SyntaxNode | null {
  const pointer = node.getChild("PointerDeclarator") ?? node.getChild("ReferenceDeclarator");
  return (pointer ?? node).getChild("FunctionDeclarator");
}

function firstName(node: SyntaxNode, text: string, to: number, depth: number): string | undefined {
  // Of what has no name those of its parameters, or of what it extends, are none.
  const before = node.getChild("ParamList")?.from ?? node.getChild("extends")?.from ?? to;
  const end = Math.min(to, before);
  for (let child = node.firstChild; child !== null && child.from < end; child = child.nextSibling)
    if (names.has(child.name)) return text.slice(child.from, child.to);
  for (let child = node.firstChild; child !== null && child.from < end && depth > 0; child = child.nextSibling) {
    const found = firstName(child, text, end, depth - 1);
    if (found !== undefined) return found;
  }
  return undefined;
}
