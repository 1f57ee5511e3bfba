import { constantFrom, array, assert as holds, property, string } from "fast-check";
import { describe, expect, it } from "vitest";
import { patternOf, termOf } from "./question.ts";

describe("termOf()", () => {
  it.each([
    ["Which ministers spoke of the Suez Canal, in which years, how often, and what was said first?", "Suez Canal"],
    ["Who mentions “the gold standard” and when?", "the gold standard"],
    ['How often does "C++ (draft)" occur?', "C++ (draft)"],
    ["Which lines mention 'disk full'?", "disk full"],
    ["Who talked about the Bank of the United States in their letters?", "Bank of the United States"],
    ["Which messages mention the gold standard in the 1890s?", "gold standard"],
    ["In which chapters is the white whale mentioned and how often?", "white whale"],
    ["Where does Ishmael appear?", "Ishmael"],
    ["What was said about Apollo 11?", "Apollo 11"],
    ["Where is Queequeg spoken of?", "Queequeg"],
    ["Which texts refer to the word timeout?", "timeout"],
    ["Who mentions the U.S. Army?", "U.S. Army"],
    ["Which entries mention 판문점, and how often?", "판문점"],
    ["Who\n  mentions\n  Oslo?", "Oslo"],
  ])("termOf(%j) is %j", (question, term) => {
    expect(termOf(question)).toBe(term);
  });

  it.each([
    "What is the capital of France?",
    "Summarise the text.",
    "How many words are there?",
    "Who mentions it?",
    "Which are mentioned?",
    "",
    "mention",
  ])("termOf(%j) is undefined: not of the known form", (question) => {
    expect(termOf(question)).toBeUndefined();
  });
});

describe("patternOf()", () => {
  const matches = (term: string, text: string) => text.match(new RegExp(patternOf(term), "giu")) ?? [];

  it("patternOf() takes any term literally, whatever characters it has", () => {
    const term = array(
      constantFrom(
        "a",
        "Z",
        "7",
        "_",
        ".",
        "*",
        "+",
        "?",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "|",
        "\\",
        "^",
        "$",
        "/",
        "-",
        "é",
        "문",
        "🌏",
      ),
      { minLength: 1 },
    );
    holds(
      property(term, string(), (parts, around) => {
        const word = parts.join("");
        expect(matches(word, `${around} ${word} `).length).toBeGreaterThan(0);
        expect(matches(word, `<${word}>`)).toEqual([word]);
      }),
    );
  });

  it("patternOf() matches in any case, over line breaks, and with particles of scripts without capitals, but not inside of words", () => {
    expect(matches("gold mine", "Gold\n  Mine; GOLD MINE's; marigold mine; gold mines")).toEqual([
      "Gold\n  Mine",
      "GOLD MINE",
    ]);
    expect(matches("판문점", "판문점에서 그리고 남판문점")).toHaveLength(2);
    expect(matches("C++", "C++11 and C++, not C+")).toEqual(["C++", "C++"]);
  });
});
