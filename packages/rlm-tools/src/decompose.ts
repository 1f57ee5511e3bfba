import type { Kit, KitFunction, KitScope } from "rlm-core";
import { chunks } from "./decompose/chunks.ts";
import { lines } from "./decompose/lines.ts";
import { pack } from "./decompose/pack.ts";
import { libraryText } from "./libraries.ts";

type Library = Record<string, (...args: unknown[]) => unknown>;

/** The kit that cuts long texts and lists into pieces for sub-calls. Each piece has its text and its place, `text.slice(start, end)`. */
export const decompose: Kit = {
  name: "decompose",
  libraries: {
    get texts() {
      return libraryText("texts");
    },
    get code() {
      return libraryText("code");
    },
    get tokens() {
      return libraryText("tokens");
    },
  },
  functions: {
    chunks: {
      signature:
        '(text: string | LongText, { size?, overlap = 0, boundary = "paragraph" | "sentence" | "line" | "none" }) => { text, start, end }[]',
      description:
        "cuts a text into pieces of at most `size` characters (default: what fits into one prompt, all of about the same size), each at the last border of that kind that fits (or the next finer one). Without overlap the joined pieces are the text.",
      example: `const pieces = decompose.chunks("One. Two. Three.", { size: 10, boundary: "sentence" });
print(pieces.map(({ text, start }) => start + ": " + text));`,
      run: chunks,
    },
    tokens: {
      signature: "(text: string, { size?, overlap = 0 }) => { text, start, end, tokens }[]",
      description:
        "cuts a text into pieces of at most `size` tokens (o200k_base; default: what fits into one prompt), between words.",
      example: `print(decompose.tokens("The quick brown fox jumps over the lazy dog.", { size: 5 }).map(({ text, tokens }) => [text, tokens]));`,
      run(this: KitScope, text: unknown, options: unknown) {
        return (this.library("tokens") as Library)["pieces"]?.(text, options, this.repl.promptChars);
      },
    },
    lines: {
      signature: "(text: string | LongText) => { text, start, end, number }[]",
      description:
        "splits at LF and CRLF; `number` counts from 1, `start` and `end` are offsets without the line's end.",
      example: `print(decompose.lines("one\\ntwo").map(({ number, text }) => number + ": " + text));`,
      run: lines,
    },
    paragraphs: {
      signature: "(text: string | LongText) => { text, start, end }[]",
      description: "splits at blank lines.",
      example: `print(decompose.paragraphs("One.\\n\\nTwo.\\nStill two.").length);`,
      run(this: KitScope, text: unknown) {
        return (this.library("texts") as Library)["paragraphs"]?.(text);
      },
    },
    sentences: {
      signature: "(text: string | LongText) => { text, start, end }[]",
      description: "splits into sentences, in any script.",
      example: `print(decompose.sentences("Dr. Kim came. 안녕하세요. 今日は。").map(({ text }) => text));`,
      run(this: KitScope, text: unknown) {
        return (this.library("texts") as Library)["sentences"]?.(text);
      },
    },
    sections: {
      signature: "(markdown: string) => { text, start, end, title, level, path }[]",
      description: "splits Markdown before each heading; `path` is the titles above it and its own.",
      example: `print(decompose.sections("# A\\nx\\n## B\\ny").map(({ path }) => path.join(" > ")));`,
      run(this: KitScope, text: unknown) {
        return (this.library("texts") as Library)["sections"]?.(text);
      },
    },
    code: {
      signature: "(source: string, { language?, file? }) => { text, start, end, kind, name, members }[]",
      description:
        'splits JavaScript, TypeScript, Python, Java, C, C++, Go, Rust or PHP into its functions, classes and other declarations, each with its comments; what stands between them is of kind "other". `members`: `{ kind, name, start, end }` of the methods of a class.',
      example: `const source = "import a from 'a';\\n\\n// Adds.\\nfunction add(a, b) { return a + b; }\\n\\nclass Sum { of() {} }\\n";
print(decompose.code(source, { language: "javascript" }).map(({ kind, name }) => kind + " " + name));`,
      run(this: KitScope, text: unknown, options: unknown) {
        return (this.library("code") as Library)["code"]?.(text, options);
      },
    },
    rows: {
      signature:
        '(text: string, { format?: "csv" | "tsv" | "json" | "jsonl", header = true }) => { text, start, end, value, error? }[]',
      description:
        "reads the rows of a table (`value` is an object by the names of its header), the elements of a JSON array, or JSON Lines; the header and blank rows are left out.",
      example: `print(decompose.rows('name,says\\nAnn,"one\\ntwo"\\n').map(({ value }) => value));`,
      run(this: KitScope, text: unknown, options: unknown) {
        return (this.library("texts") as Library)["rows"]?.(text, options);
      },
    },
    turns: {
      signature: "(transcript: string | object[]) => { speaker, text, start, end }[]",
      description:
        "splits a transcript at `Name:` into what each speaker says; of a list of messages it takes role or name, and content or text (with `index` in place of offsets).",
      example: `print(decompose.turns("Ann: Hello.\\nBob: Hi,\\nall.").map(({ speaker, text }) => speaker + " " + text.length));`,
      run(this: KitScope, given: unknown) {
        return (this.library("texts") as Library)["turns"]?.(given);
      },
    },
    records: {
      signature: "(log: string | LongText, { begins?: RegExp }) => { text, start, end, number, lines }[]",
      description:
        "splits a log into its entries, each with its further lines, such as a stack trace; `begins` fits the first line of an entry, by default a time or a level.",
      example: `print(decompose.records("2026-01-31 12:00:00 ERROR x\\n  at y\\n2026-01-31 12:00:01 INFO z").map(({ lines }) => lines));`,
      run(this: KitScope, text: unknown, options: unknown) {
        return (this.library("texts") as Library)["records"]?.(text, options);
      },
    },
    pack: {
      signature: "(items: T[], { size?, overlap = 0 }) => { items: T[], start, end }[]",
      description:
        "groups neighbouring items so that each group has at most `size` characters (default: what fits into one prompt, all of about the same size; strings as they are, others as JSON); `items` is the array from `start` to before `end`. With `overlap` a group begins with that many items of the end of the one before.",
      example: `print(decompose.pack(["aaaa", "bbb", "cc"], { size: 7 }).map(({ items }) => items));`,
      run: pack,
    },
  } satisfies Record<string, KitFunction>,
};
