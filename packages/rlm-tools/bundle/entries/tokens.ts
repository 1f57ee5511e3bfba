import { countTokens, encode } from "gpt-tokenizer/encoding/o200k_base";

// Otherwise a text that holds "<|endoftext|>" is an error.
const asPlainText = { disallowedSpecial: new Set<string>() };

export const library = {
  encode: (text: string): number[] => encode(text, asPlainText),
  count: (text: string): number => countTokens(text, asPlainText),
};
