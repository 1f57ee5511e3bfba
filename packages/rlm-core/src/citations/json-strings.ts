/** A string in a context, or a number as a text: with its place in it. */
export interface FoundString {
  /** Index, key or path ("3.text"). */
  key: string | number;
  text: string;
}

/** All strings and numbers that are values in a JSON text, in their order. Holds one of them at a time. Throws SyntaxError where one is broken. */
export async function* jsonStrings(pieces: AsyncIterable<string>): AsyncGenerator<FoundString> {
  const scan = createScan();
  // A number that ends a piece may go on in the next one.
  let rest = "";
  for await (const piece of pieces) {
    const text = rest + piece;
    const whole = text.length - (/[-+.\deE]{1,400}$/.exec(text.slice(-400))?.[0].length ?? 0);
    rest = text.slice(whole);
    yield* scan(text.slice(0, whole));
  }
  yield* scan(rest);
}

/** All strings and numbers in a parsed value that the code's own search comes to; `key`: where it is itself. */
export function* stringsIn(value: unknown, key?: string | number, depth = 0): Generator<FoundString> {
  if (typeof value === "string") {
    if (key !== undefined) yield { key, text: value };
    return;
  }
  if (typeof value === "number" && key !== undefined) yield { key, text: String(value) };
  if (typeof value !== "object" || value === null || depth > maxDepth) return;
  const inside = (name: string | number): string | number => (key === undefined ? name : `${key}.${name}`);
  if (Array.isArray(value))
    for (const [index, each] of value.entries()) yield* stringsIn(each, inside(index), depth + 1);
  else for (const [name, each] of Object.entries(value)) yield* stringsIn(each, inside(name), depth + 1);
}

// Of guest/each-string.ts. Deeper than a stack JSON may be too.
const maxDepth = 8;

interface Level {
  isArray: boolean;
  index: number;
  name: string;
  /** Of an object: the next string is a name. */
  isName: boolean;
}

function createScan(): (piece: string) => Generator<FoundString> {
  const levels: Level[] = [];
  /** What was read of a string that goes on in the next piece. */
  let open: string | undefined;
  const special = /["{}[\],:]|-?\d[-+.\deE]*/g;

  const keyHere = (): string | number => {
    const path = levels.map(({ isArray, index, name }) => (isArray ? index : name));
    return path.length === 1 ? (path[0] ?? 0) : path.join(".");
  };

  return function* (piece) {
    let at = 0;
    while (at < piece.length) {
      if (open !== undefined) {
        const end = endOfString(piece, at, open);
        if (end < 0) {
          open += piece.slice(at);
          return;
        }
        const text = JSON.parse(open + piece.slice(at, end)) as string;
        open = undefined;
        at = end;
        const level = levels.at(-1);
        if (level?.isName === true) level.name = text;
        else if (level !== undefined) yield { key: keyHere(), text };
        continue;
      }
      special.lastIndex = at;
      const found = special.exec(piece);
      if (found === null) return;
      const [token] = found;
      at = found.index + token.length;
      if (/\d/.test(token)) {
        if (levels.length > 0) yield { key: keyHere(), text: String(Number(token)) };
      } else step(token);
    }
  };

  function step(sign: string): void {
    const level = levels.at(-1);
    if (sign === '"') open = '"';
    else if (sign === "{") levels.push({ isArray: false, index: 0, name: "", isName: true });
    else if (sign === "[") levels.push({ isArray: true, index: 0, name: "", isName: false });
    else if (sign === "}" || sign === "]") levels.pop();
    else if (level !== undefined && sign === ":") level.isName = false;
    else if (level !== undefined && sign === ",") {
      if (level.isArray) level.index++;
      else level.isName = true;
    }
  }
}

/** The place behind the quote that ends a string, or -1; `before`: what of the string stood in earlier pieces. */
function endOfString(piece: string, from: number, before: string): number {
  for (let at = piece.indexOf('"', from); at >= 0; at = piece.indexOf('"', at + 1)) {
    let slashes = 0;
    while (at - 1 - slashes >= from && piece[at - 1 - slashes] === "\\") slashes++;
    // They may begin in the piece before.
    if (slashes === at - from) for (let back = before.length - 1; back > 0 && before[back] === "\\"; back--) slashes++;
    if (slashes % 2 === 0) return at + 1;
  }
  return -1;
}
