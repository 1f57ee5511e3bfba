import { parser } from "@lezer/markdown";
import type { Piece } from "./chunks.ts";
import { textOf } from "./given.ts";

/** A section of a Markdown text: from its heading to before the next one. */
export interface Section extends Piece {
  /** The heading without its marks; "" for what stands before the first one. */
  title: string;
  /** 1 to 6; 0 for what stands before the first heading. */
  level: number;
  /** The titles of the sections that it is in, and its own. */
  path: string[];
}

/** Markdown by its headings; together the sections are the text. A heading inside of a code block is none. */
export function sections(given: string): Section[] {
  const text = textOf(given, "sections");
  const found: Section[] = [];
  const above: { level: number; title: string }[] = [];
  let open = { start: 0, title: "", level: 0, path: [] as string[] };
  const close = (end: number): void => {
    if (end > open.start) found.push({ text: text.slice(open.start, end), end, ...open });
  };
  for (let node = parser.parse(text).topNode.firstChild; node !== null; node = node.nextSibling) {
    const kind = /^(?:ATX|Setext)Heading(\d)$/.exec(node.name);
    if (kind === null) continue;
    const level = Number(kind[1]);
    const title = titleOf(text.slice(node.from, node.to));
    close(node.from);
    while ((above.at(-1)?.level ?? 0) >= level) above.pop();
    above.push({ level, title });
    open = { start: node.from, title, level, path: above.map((each) => each.title) };
  }
  close(text.length);
  return found;
}

function titleOf(heading: string): string {
  const [first = "", ...rest] = heading.split("\n");
  const isUnderlined = rest.length > 0 && !/^ {0,3}#/.test(first);
  const words = isUnderlined ? heading.slice(0, heading.lastIndexOf("\n")) : first.replace(/^ {0,3}#{1,6}[ \t]*/, "");
  return (isUnderlined ? words : words.replace(/(?:^|[ \t]+)#+[ \t]*$/, "")).replaceAll(/\s+/g, " ").trim();
}
