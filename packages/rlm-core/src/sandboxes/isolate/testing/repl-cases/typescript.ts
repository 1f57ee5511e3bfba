import type { ReplCases } from "./repl-case.ts";

/** Types are taken out; what is more than types is refused with what to write instead. */
export const typescript: ReplCases = {
  "interfaces, annotations, as and non-null": [
    ["interface Row { id: number }\nconst rows: Row[] = [{ id: 4 }]\nconst first = rows[0]!.id as number", ""],
    ["first", "4"],
  ],
  "await, return and satisfies": [["const n: number = await Promise.resolve(3)\nreturn n satisfies number", "3"]],
  "generics, optional parameters, type aliases and this": [
    [
      "type Pair<A, B = A> = readonly [A, B];\nfunction pair<A, B>(this: void, a: A, b?: B): Pair<A, B | undefined> { return [a, b] as const as Pair<A, B | undefined> }\nconst arrow = async <T,>(x: T): Promise<T> => x\n;[pair<number, string>(1, 'b'), await arrow<string>('c')]",
      '[[1, "b"], "c"]',
    ],
  ],
  "classes with modifiers, abstract members and index signatures": [
    [
      "abstract class A<T> implements Iterable<T> {\n  private readonly list: T[] = []\n  declare hidden: string\n  static count: number = 0;\n  [key: string]: unknown\n  abstract name(): string\n  protected add(x: T): this { this.list.push(x); return this }\n  *[Symbol.iterator](): Iterator<T> { yield* this.list }\n}",
      "",
    ],
    [
      "class B extends A<number> { name() { return 'b' } override add(x: number): this { return super.add(x) } }\n[...new B().add(1).add(2)]",
      "[1, 2]",
    ],
  ],
  "overloads, declare and guards": [
    [
      "declare const outer: number;\nfunction over(a: string): string;\nfunction over(a: number): number;\nfunction over(a: any) { return a }\nconst isText = (x: unknown): x is string => typeof x === 'string'\n;[over(3), isText('a')]",
      "[3, true]",
    ],
  ],
  "types in loops, catches and destructuring": [
    [
      "for (const [k, v] of Object.entries({ a: 1 }) as [string, number][]) print(k, v)\ntry { null!.x } catch (e: unknown) { print((e as Error).name) }\nconst { a, ...rest }: { a: number } & Record<string, number> = { a: 1, b: 2 }\nrest",
      "a 1\nTypeError\n{ b: 2 }",
    ],
  ],
  "types that look like comparisons in plain JavaScript": [
    ["const a = 3, b = 2, c = 1; const f = (x, y) => [x, y]\nf(a < b, b > (c))", "[false, true]"],
  ],
  "types with letters that are not ASCII keep their columns": [
    ["type Größe = '판문점' | '🌏';\nconst g: Größe = '🌏'; null.x", /at block-1\.js:2:\d+$/],
  ],
  "the line of an error that is thrown": [
    [
      "interface A {\n  x: number\n}\nfunction f(a: A): void {\n  throw new Error(`${a.x}`)\n}\nf({ x: 1 })",
      /^Error: 1\n {4}at f \(block-1\.js:5:9\)\n {4}at block-1\.js:7:1$/,
    ],
  ],
  "the line of a syntax error is not that of the first type": [
    [
      "const x: number = 1\nconst y: number = = 2",
      /^SyntaxError: Expression expected\n {4}at block-1\.js:2:19\nconst y: number = = 2\n {18}\^$/,
    ],
    [
      "const x: number = 1\nlet z = 1\nlet z = 2",
      /^SyntaxError: Identifier 'z' has already been declared\n {4}at block-2\.js:3:5/,
    ],
    ["function f(): void {\n  const a: string = 'a'\n", /^SyntaxError: Unexpected end of the code/],
  ],
  enum: [
    [
      "let a = 1\nenum Color { Red }",
      /^SyntaxError: enum does not exist here, use an object .*: only types can be taken out of TypeScript here\n {4}at block-1\.js:2:1\n/,
    ],
    ["const enum C { A }", /^SyntaxError: enum does not exist here/],
  ],
  "namespace and module": [
    ["namespace N { export const x = 1 }", /^SyntaxError: namespace does not exist here, use an object/],
    ["module M { const x = 1 }", /^SyntaxError: namespace does not exist here/],
  ],
  "parameter properties": [
    [
      "class P {\n  constructor(public x: number) {}\n}",
      /^SyntaxError: a parameter cannot be a property here.*\n {4}at block-1\.js:2:\d+/,
    ],
  ],
  "types in angle brackets": [["let a = <number>5", /^SyntaxError: <T>value does not exist here, write `value as T`/]],
  "import and export of types": [
    ["import type { X } from 'y'", /^SyntaxError: import and export do not exist/],
    ["export type X = 1", /^SyntaxError: import and export do not exist/],
    ["const fs: unknown = await import('fs')", /^SyntaxError: import and export do not exist/],
  ],
  decorators: [["@dec class A {}", /^SyntaxError: Unexpected character '@'/]],
};
