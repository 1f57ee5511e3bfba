import { describe, expect, it } from "vitest";
import { testMachine } from "../testing/test-machine.ts";

describe("find()", () => {
  const context = "The Panama Canal. A canal in PANAMA; panama hats.";

  it("finds a plain string in any case, with its surroundings", () => {
    const { print } = testMachine({ context });
    expect(print("JSON.stringify(find('panama', { around: 4 }))")).toBe(
      '{"total":3,"hits":[{"at":4,"text":"The Panama Can"},{"at":29,"text":" in PANAMA; pa"},{"at":37,"text":"MA; panama hat"}]}\n',
    );
  });

  it("finds a RegExp by its own flags and leaves its lastIndex alone", () => {
    const { print } = testMachine({ context });
    expect(
      print(
        "const p = /panama/y; p.lastIndex = 3; [find(p).total, find(/PANAMA/gi).total, find(/^a|\\b/m).total, p.lastIndex]",
      ),
    ).toBe("[1, 3, 18, 3]\n");
  });

  it("takes the letters of a plain string as they are", () => {
    const { print } = testMachine({ context: "a.c abc a+c (a|c) [a-c] a\\c $a^" });
    expect(print("['a.c', 'a+c', '(a|c)', '[a-c]', 'a\\\\c', '$a^'].map((each) => find(each).total)")).toBe(
      "[1, 1, 1, 1, 1, 1]\n",
    );
  });

  it("counts all hits and gives max of them", () => {
    const { print } = testMachine({ context: "ab".repeat(1_000) });
    expect(
      print(
        "const r = find('b', { max: 2, around: 0 }); [r.total, r.hits.length, find('b', { max: Infinity }).hits.length]",
      ),
    ).toBe("[1000, 2, 1000]\n");
  });

  it("searches every string of arrays and objects and names it by index, key or path", () => {
    const { print } = testMachine({ context: ["x", "none", { title: "x", parts: ["y", "xx"] }] });
    expect(print("find('x').hits.map(({ key, at }) => key + '@' + at)")).toBe(
      '["0@0", "2.title@0", "2.parts.1@0", "2.parts.1@1"]\n',
    );
    expect(print("find('b', { within: new Map([['k', 'abc']]) }).hits[0].key")).toBe("k\n");
    expect(
      print("find('a', { within: { get a() { throw 1 }, b: new Proxy(['a'], { get() { throw 2 } }), c: 'a' } }).total"),
    ).toBe("1\n");
  });

  it("searches all contexts by default where there are several", () => {
    expect(testMachine({ contexts: { one: "abc", two: "xbx" } }).print("find('b').hits.map(({ key }) => key)")).toBe(
      '["one", "two"]\n',
    );
  });

  it("prints as readable text, with a RegExp of its own kept out of it", () => {
    const { print } = testMachine({ context: ["first fox", "second\nfox"] });
    expect(print("print(find('fox', { around: 3 })); find('fox', { max: 1, around: 0 })")).toBe(
      "2 hits:\n[0, at 6] st fox\n[1, at 7] nd\nfox\n2 hits, the first 1:\n[0, at 6] fox\n",
    );
    expect(print("find('wolf')")).toBe("no hits\n");
  });

  it("prints hits in one another's surroundings as one passage", () => {
    const { print } = testMachine({ context: ["a fox and a fox, far off another fox", "fox"] });
    expect(print("find('fox', { around: 5 })")).toBe(
      "4 hits:\n[0, at 2, 12] a fox and a fox, far\n[0, at 33] ther fox\n[1, at 0] fox\n",
    );
    expect(print("find('fox', { around: 12, within: context[0] })")).toBe(
      "3 hits:\n[at 2, 12, 33] a fox and a fox, far off another fox\n",
    );
  });

  it("refuses wrong arguments", () => {
    const { run } = testMachine();
    for (const [args, message] of [
      ["''", /Expected the pattern to hold something/],
      ["5", /Expected the pattern to be a string or a RegExp, got number/],
      ["{ source: 'a' }", /Expected the pattern to be a string or a RegExp, got object/],
      ["'a', { limit: 3 }", /Unknown option "limit": expected around, max or within/],
      ["'a', { max: -1 }", /Expected max to be a whole number/],
      ["'a', { around: '9' }", /Expected around to be a whole number/],
      ["'a', { within: 5 }", /Expected within to be a string, an array or an object, got number/],
    ] as const) {
      expect(run(`find(${args})`).error?.message).toMatch(message);
    }
  });
});
