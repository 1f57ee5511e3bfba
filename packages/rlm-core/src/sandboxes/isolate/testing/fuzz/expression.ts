import type { Choices } from "./choices.ts";
import { fresh, functionScope, pickName, visible, type Name, type Scope } from "./scope.ts";

const atoms = [
  "1",
  "0",
  "-2",
  "0.5",
  "true",
  "null",
  "undefined",
  "[]",
  '"a"',
  "'let x = 1'",
  '"function f() {} // no"',
  "`const y = ${1 + 1}; class Z {}`",
  "`two\nlines`",
  "'판문점 🌏'",
  "/const (x)/.source",
  "'\\u2028'",
] as const;

/** An expression that may stand anywhere a value may; what it gives is never a function. */
export function expression(choices: Choices, scope: Scope, depth: number): string {
  if (depth <= 0 || choices.ended) return atom(choices, scope);
  const inner = (): string => expression(choices, scope, depth - 1);
  switch (choices.below(20)) {
    case 0:
      return atom(choices, scope);
    case 1:
      return `(__number(${inner()}) ${choices.pick(["-", "*", "%", "<", "===", "&", "+"])} __number(${inner()}))`;
    case 2:
      return `__text(${inner()}, ${inner()})`;
    case 3:
      return `(${inner()}, ${inner()})`;
    case 4:
      return `(${inner()} ${choices.pick(["??", "||", "&&"])} ${inner()})`;
    case 5:
      return `(${inner()} ? ${inner()} : ${inner()})`;
    case 6:
      return `[${inner()}, ...[${inner()}]]`;
    case 7:
      return `({ k: ${inner()}, ["c" + ${choices.below(3)}]: ${inner()}, get g() { return ${expression(choices, functionScope(scope, false), depth - 1)} } })`;
    case 8:
      return `\`<\${__show(${inner()})}>\``;
    case 9:
      return scope.canAwait ? `(await ${inner()})` : inner();
    case 10:
      return `(typeof ${inner()})`;
    case 11:
      return `(${inner()})?.${choices.pick(["k", "c1", "length", "[0]"])}`;
    case 12: {
      const body = functionScope(scope, false);
      const name = parameter(body);
      return `[1, 2].map((${name}) => ${expression(choices, body, depth - 1)})`;
    }
    case 13: {
      const isAsync = scope.canAwait && choices.chance(2);
      const body = functionScope(scope, isAsync);
      const name = parameter(body);
      const value = expression(choices, body, depth - 1);
      const call = `(${isAsync ? "async " : ""}function (${name}) { return ${value} })(${inner()})`;
      return isAsync ? `(await ${call})` : `(${call})`;
    }
    case 14:
    case 15:
      return assignment(choices, scope, depth);
    default:
      return call(choices, scope, depth);
  }
}

/** An assignment of something that may be assigned; if there is nothing, another expression. */
export function assignment(choices: Choices, scope: Scope, depth: number): string {
  const name = pickName(
    choices,
    visible(scope, ({ mutable, kind }) => mutable && kind === "value"),
  );
  if (name === undefined) return atom(choices, scope);
  if (choices.chance(4)) return `(${name} = __number(${name}), ${name}++)`;
  if (choices.chance(4)) return `({ k: ${name} = 1 } = { k: ${expression(choices, scope, depth - 1)} }).k`;
  return `(${name} ${choices.pick(["=", "??=", "||="])} ${expression(choices, scope, depth - 1)})`;
}

function call(choices: Choices, scope: Scope, depth: number): string {
  const callable = visible(scope, ({ kind }) => kind !== "value" && (kind !== "async" || scope.canAwait));
  const found = callable.length === 0 ? undefined : callable[choices.below(callable.length)];
  if (found === undefined) return atom(choices, scope);
  const argument = expression(choices, scope, depth - 1);
  return callOf(found, argument, choices);
}

function callOf({ name, kind }: Name, argument: string, choices: Choices): string {
  if (kind === "async") return `(await ${name}(${argument}))`;
  if (kind === "generator") return `[...${name}(${argument})]`;
  if (kind === "class") return choices.pick([`new ${name}(${argument})`, `new ${name}(${argument}).m(1)`, `${name}.s`]);
  return `${name}(${argument})`;
}

function atom(choices: Choices, scope: Scope): string {
  const name = pickName(
    choices,
    visible(scope, ({ kind }) => kind === "value"),
  );
  if (name !== undefined && choices.chance(2)) return name;
  return choices.pick(atoms);
}

/** A parameter of its own; adds it to the function's scope. */
export function parameter(body: Scope): string {
  const name = fresh(body, "p");
  body.names.push({ name, kind: "value", mutable: true });
  return name;
}
