import { stripTypeScriptTypes } from "node:module";

// In a function, `await` and `return` are allowed there too.
const open = "(async()=>{";
const close = "\n})";

/** Why code cannot be parsed, and where. */
export interface Failed {
  message: string;
  position: number;
  /** Nothing else is to blame, wherever another parser stopped. */
  sure?: boolean;
}

/** The code with its TypeScript types replaced by as many spaces, or why it cannot be had. */
export function stripTypes(source: string): string | Failed {
  const stripped = stripWithin(open, source, close);
  if (typeof stripped === "string" || stripped.position < source.length) return stripped;
  // Either the code is not finished, or a bracket too much has closed ours.
  const alone = stripWithin("", source, "");
  return typeof alone === "string" || alone.position >= source.length ? stripped : alone;
}

function stripWithin(before: string, source: string, after: string): string | Failed {
  try {
    return stripTypeScriptTypes(before + source + after).slice(before.length, before.length + source.length);
  } catch (error) {
    const { message, stack = "", code } = error as Error & { code?: string };
    const position = message.endsWith("got '<eof>'") ? source.length : positionIn(source, stack, before.length);
    if (code !== "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX") return { message, position };
    const advice = unsupported.find(([words]) => message.includes(words))?.[1] ?? message;
    return { message: `${advice}: only types can be taken out of TypeScript here`, position, sure: true };
  }
}

const unsupported = [
  ["enum", "enum does not exist here, use an object (const Color = { Red: 0, Green: 1 })"],
  ["namespace", "namespace does not exist here, use an object"],
  ["parameter property", "a parameter cannot be a property here, assign it in the constructor (this.x = x)"],
  ["angle-bracket", "<T>value does not exist here, write `value as T`"],
] as const;

/** Where the parser's report points to: its first line ends in the line's number, and a row of `^` gives the column. */
function positionIn(source: string, report: string, before: number): number {
  const line = Number(/^[^\n]*?:(\d+)\n/.exec(report)?.[1]);
  const column = /\n( *)\^+\n/.exec(report)?.[1]?.length;
  if (!Number.isInteger(line) || column === undefined) return -1;
  let start = 0;
  for (let before = 1; before < line; before++) {
    start = source.indexOf("\n", start) + 1;
    if (start === 0) return source.length;
  }
  return Math.min(source.length, start + column - (line === 1 ? before : 0));
}
