import type { Choices } from "./choices.ts";
import { classDeclaration, functionDeclaration } from "./declaration.ts";
import { assignment, expression } from "./expression.ts";
import { addVar, fresh, innerScope, type Name, type Scope } from "./scope.ts";

/** A statement of any kind that the REPL keeps, as its text. Declares its names in the scope, once they can be read. */
export function statement(choices: Choices, scope: Scope, depth: number): string {
  const value = (): string => expression(choices, scope, 2);
  if (depth <= 0 || choices.ended) return simple(choices, scope);
  switch (choices.below(18)) {
    case 0:
    case 1:
    case 2:
      return simple(choices, scope);
    case 3:
    case 4:
      return pattern(choices, scope);
    case 5:
      return functionDeclaration(choices, scope, (inner) => statement(choices, inner, 1));
    case 6:
      return classDeclaration(choices, scope);
    case 7:
      return `if (${value()}) ${body(choices, scope, depth)}${choices.chance(2) ? `\nelse ${body(choices, scope, depth)}` : ""}`;
    case 8: {
      const inner = innerScope(scope, { inLoop: true });
      const name = fresh(scope, "i");
      inner.names.push({ name, kind: "value", mutable: false });
      return `for (let ${name} = 0; ${name} < ${1 + choices.below(3)}; ${name}++) ${body(choices, inner, depth)}`;
    }
    case 9: {
      const name = fresh(scope, "i");
      const loop = `for (var ${name} = 0; ${name} < ${1 + choices.below(3)}; ${name}++)`;
      const text = `${loop} ${body(choices, innerScope(scope, { inLoop: true }), depth)}`;
      addVar(scope, { name, kind: "value", mutable: true });
      return text;
    }
    case 10:
      return eachLoop(choices, scope, depth);
    case 11: {
      const name = fresh(scope, "i");
      const inner = statements(choices, innerScope(scope, { inLoop: true }), depth);
      const until = `(${name} < ${1 + choices.below(3)})`;
      addVar(scope, { name, kind: "value", mutable: true });
      return choices.chance(2)
        ? `var ${name} = 0\ndo { ${name}++; ${inner} } while ${until}`
        : `var ${name} = 0; while ${until} { ${name}++; ${inner} }`;
    }
    case 12: {
      const label = fresh(scope, "l");
      const inner = statements(choices, innerScope(scope, { inLoop: true }), depth);
      const jump = `if (${value()}) ${choices.pick(["break", "continue"])} ${label}`;
      return `${label}:\nfor (const ${fresh(scope, "i")} of [1, 2]) { for (const ${fresh(scope, "i")} of [3, 4]) { ${inner}\n${jump} } }`;
    }
    case 13:
      return tryStatement(choices, scope, depth);
    case 14: {
      const cases = [0, 1].map((at) => `case ${at}: ${statements(choices, innerScope(scope), depth)}`);
      const last = simple(choices, innerScope(scope));
      return `switch (__number(${value()})) { ${cases.join(choices.pick(["\n", "; break\n"]))}\ndefault: ${last}\n}`;
    }
    case 15:
      return `{ ${statements(choices, innerScope(scope), depth)} }`;
    case 16: {
      const name = fresh(scope, "h");
      const call = `print(__show(${name}(${value()})))`;
      return `${call}\nfunction ${name}(n) { return [n, ${choices.below(9)}] }`;
    }
    default:
      return scope.inLoop && choices.chance(2) ? choices.pick(["continue", "break"]) : simple(choices, scope);
  }
}

/** One or two statements in braces' stead. */
function statements(choices: Choices, scope: Scope, depth: number): string {
  const first = statement(choices, scope, depth - 1);
  return choices.chance(2) ? `${first}\n${statement(choices, scope, depth - 1)}\n` : `${first}\n`;
}

/** What a loop or a condition does: a block, or one statement without braces. */
function body(choices: Choices, scope: Scope, depth: number): string {
  if (choices.chance(2)) return `{ ${statements(choices, innerScope(scope), depth)} }`;
  if (choices.chance(2)) return print(choices, scope);
  const name = fresh(scope, "v");
  const text = `var ${name} = ${expression(choices, scope, 2)}`;
  addVar(scope, { name, kind: "value", mutable: true });
  return text;
}

function print(choices: Choices, scope: Scope): string {
  return `print(__show(${expression(choices, scope, 2)}))`;
}

/** A declaration, an assignment or a line of output. */
function simple(choices: Choices, scope: Scope): string {
  const kind = choices.below(5);
  if (kind === 0) return print(choices, scope) + end(choices);
  if (kind === 1) return `void ${assignment(choices, scope, 2)}${end(choices)}`;
  const keyword = choices.pick(["const", "let", "var"]);
  const names = [fresh(scope, "v"), ...(choices.chance(4) ? [fresh(scope, "v")] : [])];
  const parts = names.map((name) =>
    keyword !== "const" && choices.chance(5)
      ? name
      : `${name}${choices.pick(["", " /* = 1 */"])} =${choices.pick([" ", "\n  "])}${expression(choices, scope, 3)}`,
  );
  for (const name of names) declare(scope, name, keyword);
  return `${keyword} ${parts.join(",\n  ")}${end(choices)}`;
}

function pattern(choices: Choices, scope: Scope): string {
  const keyword = choices.pick(["const", "let", "var"]);
  const [a, b, c, d] = ["v", "v", "v", "v"].map((letter) => fresh(scope, letter));
  const value = expression(choices, scope, 2);
  const other = expression(choices, scope, 1);
  const text = choices.pick([
    `[${a}, ${b} = ${other}, ...${c}] = [${value}, undefined, 3, 4]; ${keyword} ${d} = 1`,
    `{ k: ${a}, ["c" + 1]: ${b} = ${other}, ...${c} } = { k: ${value}, d: 2 }, ${d} = 1`,
    `{ k: { c1: [, ${a}] = [1, ${value}] } = {}, length: ${b} = 3 } = [1], [${c}, ${d}] = "xy"`,
    `[{ ${a} } = { ${a}: ${value} }, [${b}] = new Set([${other}]), ${c}] = [], ${d} = await ${value}`,
  ]);
  if (text.includes("await") && !scope.canAwait) return simple(choices, scope);
  for (const name of [a, b, c, d]) declare(scope, name ?? "", keyword);
  return `${keyword} ${text}${end(choices)}`;
}

function eachLoop(choices: Choices, scope: Scope, depth: number): string {
  const keyword = choices.pick(["const", "let", "var"]);
  const name = fresh(scope, "i");
  const value = expression(choices, scope, 1);
  const made: Name = { name, kind: "value", mutable: keyword !== "const" };
  const target = choices.chance(3) ? `[${name} = 5]` : name;
  const heads = [
    `for (${keyword} ${target} of [[${value}], "b"])`,
    `for (${keyword} ${name} in { a: 1, b: ${value} })`,
    `for await (${keyword} ${target} of (async function* () { yield [${value}]; yield "c" })())`,
  ] as const;
  const head = scope.canAwait ? choices.pick(heads) : heads[0];
  const inner = innerScope(scope, { inLoop: true });
  inner.names.push(made);
  const text = `${head} ${body(choices, inner, depth)}`;
  if (keyword === "var") addVar(scope, made);
  return text;
}

function tryStatement(choices: Choices, scope: Scope, depth: number): string {
  const caught = fresh(scope, "e");
  const inner = innerScope(scope);
  inner.names.push({ name: caught, kind: "value", mutable: true });
  const tried = statements(choices, innerScope(scope), depth);
  const bad = choices.pick(["", "null.x", "throw 1", 'throw new RangeError("r")', "missing()", "missing"]);
  const handled = `print(__show(${caught})); ${statements(choices, inner, depth)}`;
  const last = choices.chance(3) ? ` finally { ${statements(choices, innerScope(scope), depth)} }` : "";
  return `try { ${tried}${bad} } catch (${caught}) { ${handled} }${last}`;
}

function declare(scope: Scope, name: string, keyword: string): void {
  const made: Name = { name, kind: "value", mutable: keyword !== "const" };
  if (keyword === "var") addVar(scope, made);
  else scope.names.push(made);
}

function end(choices: Choices): string {
  return choices.pick(["", ";", " // let no = 1", "; /* }\n */", ";;"]);
}
