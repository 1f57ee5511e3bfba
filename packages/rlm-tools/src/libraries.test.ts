import { runInNewContext } from "node:vm";
import { countTokens, encode } from "gpt-tokenizer/encoding/o200k_base";
import { runRlm, type Kit, type KitScope } from "rlm-core";
import { scriptedModel } from "rlm-core/testing";
import { expect, it } from "vitest";
import { libraryText } from "./libraries.ts";

interface Tokens {
  encode(text: string): number[];
  count(text: string): number;
}

const samples = [
  "",
  "Hello, wörld 😀 文字列 \u0000 <|endoftext|>",
  "\ud83c alone",
  "👩‍👩‍👧‍👦🏳️‍🌈 नमस्ते مرحبا",
  "const a = 1;\n\t\treturn a;",
];
const asPlainText = { disallowedSpecial: new Set<string>() };

it("libraryText() gives tokens as an expression that needs only JavaScript's own, and counts as gpt-tokenizer does", () => {
  const tokens = runInNewContext(libraryText("tokens")) as Tokens;
  for (const text of samples) {
    expect([...tokens.encode(text)]).toEqual(encode(text, asPlainText));
    expect(tokens.count(text)).toBe(countTokens(text, asPlainText));
  }
});

it("a kit's function counts tokens in the REPL by this.library()", async () => {
  const kit: Kit = {
    name: "sizes",
    libraries: { tokens: libraryText("tokens") },
    functions: {
      tokens: {
        signature: "(text: string) => number",
        description: "Tokens of a text.",
        run(this: KitScope, text: string) {
          return (this.library("tokens") as Tokens).count(text);
        },
      },
    },
  };
  const model = scriptedModel(["```repl\nprint(1); FINAL(sizes.tokens(context) + sizes.tokens(context))\n```"]);
  const { answer } = await runRlm(
    { query: "How many?", context: samples[1] ?? "" },
    { model, tools: [kit], limits: { directBelow: 0 } },
  );
  expect(answer).toBe(String(2 * countTokens(samples[1] ?? "", asPlainText)));
});
