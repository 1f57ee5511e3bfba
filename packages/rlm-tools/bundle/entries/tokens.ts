import { countTokens, encode } from "gpt-tokenizer/encoding/o200k_base";
import { O200K_TOKEN_SPLIT_REGEX } from "gpt-tokenizer/esm/encodingParams/constants";
import { tokenPieces } from "../../src/decompose/tokens.ts";

// Otherwise a text that holds "<|endoftext|>" is an error.
const asPlainText = { disallowedSpecial: new Set<string>() };
const count = (text: string): number => countTokens(text, asPlainText);

export const library = {
  encode: (text: string): number[] => encode(text, asPlainText),
  count,
  pieces: tokenPieces(count, O200K_TOKEN_SPLIT_REGEX),
};
