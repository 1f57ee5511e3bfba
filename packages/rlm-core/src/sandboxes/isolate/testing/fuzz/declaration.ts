import type { Choices } from "./choices.ts";
import { expression, parameter } from "./expression.ts";
import { addVar, fresh, functionScope, innerScope, pickName, visible, type Name, type Scope } from "./scope.ts";

// Functions that call one another could do so for ever: each call takes one of `__fuel`.
const guard = "if (--__fuel < 0) return 0";

/** A function, in one of its kinds, or a variable that holds one. In a block it is the script's too, if it is a plain one. */
export function functionDeclaration(choices: Choices, scope: Scope, statementIn: (scope: Scope) => string): string {
  const name = fresh(scope, "f");
  const form = choices.pick(["plain", "plain", "arrow", "async", "generator", "expression", "in a block"]);
  const body = functionScope(scope, form === "async");
  // There is no `await` in parameters.
  const takes = `${parameter(body)}, d = ${expression(choices, { ...body, canAwait: false }, 1)}`;
  const inner = choices.chance(2) ? `${statementIn(body)}\n` : "";
  const value = expression(choices, body, 2);
  const kind = form === "async" || form === "generator" ? form : "function";
  const made: Name = { name, kind, mutable: false };
  // It may not be there: nothing outside of the block relies on it.
  if (form === "in a block" && scope.outer === undefined) addVar(scope, made);
  else if (form !== "in a block") scope.names.push(made);
  const rest = `(${takes}) {\n  ${guard}\n  ${inner}`;
  switch (form) {
    case "arrow":
      return `const ${name} = (${takes}) => (--__fuel < 0 ? 0 : ${value})`;
    case "expression":
      return `let ${name} = function ${rest}return ${value} }`;
    case "async":
      return `async function ${name}${rest}return await ${value} }`;
    case "generator":
      return `function* ${name}${rest}yield ${value}; return yield* [1, ${value}] }`;
    case "in a block": {
      const block = `{ print(__show(${name}(1))); function ${name}${rest}return ${value} } }`;
      // At the top it can be set to something else, for later blocks too.
      return scope.outer === undefined && choices.chance(2) ? `${block}\nvoid (${name} = (n) => [n, 2])` : block;
    }
    default:
      return `function ${name}${rest}return ${value} }`;
  }
}

export function classDeclaration(choices: Choices, scope: Scope): string {
  const name = fresh(scope, "C");
  const parent = choices.chance(2)
    ? pickName(
        choices,
        visible(scope, ({ kind }) => kind === "class"),
      )
    : undefined;
  const inside = functionScope(scope, false);
  const value = (): string => expression(choices, inside, 2);
  const parameterName = parameter(innerScope(inside));
  const text = `class ${name}${parent === undefined ? "" : ` extends ${parent}`} {
  #hidden = ${value()}
  static s = ${value()}
  static { this.t = [this.name, ${value()}] }
  constructor(${parameterName}) { ${parent === undefined ? "" : `super(${parameterName}); `}this.a = ${parameterName} }
  get ["g" + 1]() { return this.#hidden }
  m(n) { ${guard}; return [n, this.g1, ${parent === undefined ? value() : "super.m(n)"}] }
}`;
  const isDeclared = choices.chance(4);
  scope.names.push({ name, kind: "class", mutable: false });
  return isDeclared ? `const ${name} = ${text.replace(`class ${name}`, "class")}` : text;
}
