import type { Kit } from "rlm-core";
import { chunks } from "./decompose/chunks.ts";
import { lines } from "./decompose/lines.ts";
import { pack } from "./decompose/pack.ts";

/** The kit that cuts long texts and lists into pieces for sub-calls: `decompose.chunks`, `.pack` and `.lines` in the REPL. */
export const decompose: Kit = {
  name: "decompose",
  functions: {
    chunks: {
      signature:
        '(text: string, { size, overlap = 0, boundary = "paragraph" | "sentence" | "line" | "none" }) => { text, start, end }[]',
      description:
        "cuts a text into pieces of at most `size` characters, each at the last border of that kind that fits (or the next finer one). Without overlap the joined pieces are the text.",
      run: chunks,
    },
    pack: {
      signature: "(items: T[], { size }) => { items: T[], start, end }[]",
      description:
        "groups neighbouring items so that each group has at most `size` characters (strings as they are, others as JSON); `items` is the array from `start` to before `end`.",
      run: pack,
    },
    lines: {
      signature: "(text: string) => { text, start, end, number }[]",
      description:
        "splits at LF and CRLF; `number` counts from 1, `start` and `end` are offsets without the line's end.",
      run: lines,
    },
  },
};
