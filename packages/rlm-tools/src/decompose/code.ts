import { checkOptions } from "../check-options.ts";
import type { Parser } from "@lezer/common";
import { parser as cpp } from "@lezer/cpp";
import { parser as go } from "@lezer/go";
import { parser as java } from "@lezer/java";
import { parser as javascript } from "@lezer/javascript";
import { parser as php } from "@lezer/php";
import { parser as python } from "@lezer/python";
import { parser as rust } from "@lezer/rust";
import type { Piece } from "./chunks.ts";
import { declarationOf, type Member } from "./declaration.ts";
import { textOf } from "./given.ts";
import { graphemes } from "./graphemes.ts";

/** A declaration of a source text, with its comments, or what stands between two. */
export interface CodePiece extends Piece {
  /** "function", "class", "method", "struct", "interface", "trait", "enum", "record", "type", "namespace", "impl", "macro", or "other". */
  kind: string;
  /** "" of what is "other". */
  name: string;
  /** The declarations inside of it. */
  members: Member[];
}

export interface CodeOptions {
  /** @default by `file`, or what the text looks like */
  language?: string;
  /** A path, for its ending. */
  file?: string;
}

const parsers: Record<string, { parser: Parser; endings: string; looks: RegExp }> = {
  php: { parser: php, endings: "php phtml", looks: /^\s*<\?php/ },
  cpp: { parser: cpp, endings: "c h cc cpp cxx hpp hh", looks: /^\s*#\s*include\b/m },
  go: { parser: go, endings: "go", looks: /^package \w+\s*$/m },
  rust: { parser: rust, endings: "rs", looks: /^\s*(?:pub(?:\(\w+\))? )?(?:fn \w+.*\{|impl\b|use \w+::)/m },
  java: {
    parser: java,
    endings: "java",
    looks: /^\s*(?:package [\w.]+;|import [\w.*]+;|public (?:final |abstract )?(?:class|interface|enum|record)\b)/m,
  },
  python: { parser: python, endings: "py pyi", looks: /^(?:async )?(?:def|class) \w+.*:\s*(?:#.*)?$/m },
  typescript: {
    parser: javascript.configure({ dialect: "ts jsx" }),
    endings: "ts mts cts tsx js jsx mjs cjs",
    looks: /^\s*(?:import\b|export\b|(?:async )?function\b|const\b|let\b|class\b)|=>/m,
  },
};
const otherNames: Record<string, string> = {
  javascript: "typescript",
  js: "typescript",
  ts: "typescript",
  jsx: "typescript",
  tsx: "typescript",
  py: "python",
  c: "cpp",
  "c++": "cpp",
  rs: "rust",
  golang: "go",
};

/** Functions, classes and other declarations of a source text, each with its comments; together with what is "other" they are the text. */
export function code(given: string, options: CodeOptions = {}): CodePiece[] {
  const text = textOf(given, "code");
  const { language, file } = checkOptions<CodeOptions>(options, "decompose.code", ["language", "file"]);
  const { parser } = languageOf(text, language, file);
  const marks: { start: number; kind: string; name: string; members: Member[] }[] = [{ start: 0, ...other }];
  let comment: number | undefined;
  let before = 0;
  const characterAt = graphemes(text);
  for (let node = parser.parse(text).topNode.firstChild; node !== null; node = node.nextSibling) {
    const begin = lineStart(text, node.from, before);
    before = node.to;
    if (node.name.includes("Comment")) {
      comment ??= begin;
      continue;
    }
    const declared = declarationOf(node, text);
    const first = comment === undefined ? begin : Math.min(comment, begin);
    // What belongs to the character that ends the one before is not cut off.
    const start = Math.max(marks.at(-1)?.start ?? 0, characterAt(first).end);
    comment = undefined;
    if (declared !== undefined) marks.push({ start, ...declared });
    else if (marks.at(-1)?.kind !== "other") marks.push({ start, ...other });
  }
  if (comment !== undefined && marks.at(-1)?.kind !== "other") marks.push({ start: comment, ...other });
  return marks.flatMap(({ start, ...rest }, at) => {
    const end = marks[at + 1]?.start ?? text.length;
    return end > start ? [{ text: text.slice(start, end), start, end, ...rest }] : [];
  });
}

const other = { kind: "other", name: "", members: [] };

function languageOf(text: string, language: string | undefined, file: string | undefined): { parser: Parser } {
  const known = Object.keys(parsers).join(", ");
  if (language !== undefined) {
    const name = language.toLowerCase();
    const found = parsers[otherNames[name] ?? name];
    if (found === undefined)
      throw new RangeError(`decompose.code: cannot read the language ${JSON.stringify(language)}, expected ${known}`);
    return found;
  }
  const ending = file?.slice(file.lastIndexOf(".") + 1).toLowerCase();
  const all = Object.values(parsers);
  const found =
    ending === undefined
      ? all.find(({ looks }) => looks.test(text.slice(0, 20_000)))
      : all.find(({ endings }) => endings.split(" ").includes(ending));
  if (found !== undefined) return found;
  const reason =
    ending === undefined ? "cannot tell the language of this text" : `cannot read files that end in .${ending}`;
  throw new RangeError(`decompose.code: ${reason}: give { language }, one of ${known}`);
}

/** Where the line of `at` begins, if nothing but blanks stands before it; looks no further back than `from`. */
function lineStart(text: string, at: number, from: number): number {
  let start = at;
  while (start > from && /[^\S\n]/.test(text[start - 1] ?? "")) start--;
  return start === 0 || text[start - 1] === "\n" ? start : at;
}
