import { expect, it } from "vitest";
import { queryWords, swapped, words } from "./words.ts";

it.each([
  ["The Café's user_id is 42.", ["the", "cafe", "s", "user", "id", "is", "42"]],
  ["東京都", ["東京", "京都", "都"]],
  ["犬", ["犬"]],
  ["Node로 한국어", ["node", "로", "한국", "국어", "어"]],
  ["ｶﾞ Ｆｕｌｌ", ["ガ", "full"]],
  ["हिन्दी привет", ["हिन्दी", "привет"]],
  ["…!?", []],
  ["", []],
])("words(%j) are %j", (text, expected) => {
  expect(words(text)).toEqual(expected);
});

it("queryWords() has of a run of letters the pairs alone, and a letter that is by itself", () => {
  expect(queryWords("東京都 犬")).toEqual(["東京", "京都", "犬"]);
});

it("words() cuts a word of a million letters short", () => {
  expect(words("x".repeat(1_000_000))).toEqual(["x".repeat(64)]);
});

it("swapped() swaps neighbours of short words alone", () => {
  expect(swapped("jonh")).toEqual(["ojnh", "jnoh", "john"]);
  expect(["of", "letters"].flatMap(swapped)).toEqual([]);
});
