import type { Choices } from "./choices.ts";
import { expression } from "./expression.ts";
import { pickName, scriptScope, visible } from "./scope.ts";
import { statement } from "./statement.ts";

/*
 * Programs that must do the same whole, as the body of one plain async function, and split into blocks of the REPL. What
 * the REPL gives up on purpose is therefore not in the grammar:
 * - the temporal dead zone: a name is read only below its declaration, a function calls only what is above it;
 * - constants: nothing assigns a `const`, a class or a loop's own constant;
 * - hoisting ends at a block's border: a call above its function is one piece with it, a `var` is not read above it;
 * - a name is declared once in the whole program; declared again in a later block, it is assigned in the whole one;
 * - a function in a block whose name a `let` of a block before has: names are unique;
 * - `return`, which ends a block of the REPL, and `this`, which is undefined in the whole one;
 * - promises that nobody awaits: a block ends when they are settled;
 * - the source text of functions in blocks, which lose their name in it.
 */
export interface Piece {
  text: string;
  /** The same for the whole program, if it differs there; has as many lines. */
  whole?: string;
  /** Whether it is one expression, whose text the REPL shows at the end of a block. */
  isValue?: boolean;
  /** Whether a block has to begin with it. */
  begins?: boolean;
  /** The script's names that it declares. */
  names: string[];
}

export interface Program {
  blocks: Piece[][];
  lineBreak: string;
  /** The number of the next program's first name. */
  next: number;
}

/** `first`: the number of its first name, so that programs can share a REPL. */
export function program(choices: Choices, first: number): Program {
  const lineBreak = choices.pick(["\n", "\n", "\r\n", "\u2028"]);
  const scope = scriptScope(first);
  const blocks: Piece[][] = [[]];
  const most = 4 + choices.below(16);
  for (let count = 0; count < most && !choices.ended; count++) {
    const before = scope.names.length;
    const piece = pieceOf(choices, scope);
    piece.names = scope.names.slice(before).map(({ name }) => name);
    if (piece.begins === true || choices.chance(3)) blocks.push([]);
    blocks.at(-1)?.push(piece);
  }
  return { blocks: blocks.filter((block) => block.length > 0), lineBreak, next: scope.count.next };
}

function pieceOf(choices: Choices, scope: ReturnType<typeof scriptScope>): Piece {
  const form = choices.below(12);
  if (form === 11) return { text: `__show(${expression(choices, scope, 3)})`, isValue: true, names: [] };
  if (form === 10) return again(choices, scope) ?? { text: statement(choices, scope, 3), names: [] };
  if (form === 9 && choices.chance(4))
    return { text: choices.pick(['throw new RangeError("end")', "null.x", "missing"]), names: [] };
  return { text: statement(choices, scope, 3), names: [] };
}

/** A name that is declared again. */
function again(choices: Choices, scope: ReturnType<typeof scriptScope>): Piece | undefined {
  const name = pickName(
    choices,
    visible(scope, ({ kind, mutable }) => kind === "value" && mutable),
  );
  if (name === undefined) return undefined;
  const value = expression(choices, scope, 2);
  const form = choices.pick(["let", "const", "var", "function", "let without value"]);
  if (form === "let without value")
    return { text: `let ${name}`, whole: `${name} = undefined`, begins: true, names: [] };
  if (form !== "function")
    return { text: `${form} ${name} = ${value}`, whole: `${name} = ${value}`, begins: true, names: [] };
  const text = `function ${name}(n) {\n return [n, 1] }`;
  return { text, whole: `${name} = ${text}`, begins: true, names: [] };
}
