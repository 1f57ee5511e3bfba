import { describe, expect, it } from "vitest";
import { kitSource, libraryTexts } from "../../../kit-source.ts";
import type { Kit, KitScope } from "../../../tool.ts";
import { testMachine, type TestMachine, type TestMachineOptions } from "../testing/test-machine.ts";

const words: Kit = {
  name: "words",
  tools: [{ name: "embed", description: "", parameters: { type: "object" }, run: async () => [] }],
  libraries: {
    counted:
      "(() => { let calls = 0; return { count: (text) => ({ words: text.split(/\\s+/).length, calls: ++calls }) }; })()",
    broken: "(() => { throw new Error('no such thing'); })()",
    wrong: "1 +",
  },
  functions: {
    count: {
      signature: "(text: string) => { words: number; calls: number }",
      description: "",
      run(this: KitScope, text: string) {
        return (this.library("counted") as { count(text: string): unknown }).count(text);
      },
    },
    ofContext: {
      signature: "",
      description: "",
      run(this: KitScope & { count(text: string): unknown }) {
        return [this.count(this.repl.context as string), this.repl.promptChars, this.repl.find("fox").total];
      },
    },
    ask: {
      signature: "",
      description: "",
      async run(this: KitScope, questions: string[]) {
        return await this.repl.llm_query_batched?.(questions);
      },
    },
    load: {
      signature: "",
      description: "",
      run(this: KitScope, name: string) {
        return this.library(name);
      },
    },
    embed: {
      signature: "",
      description: "",
      async run(this: KitScope, texts: string[], name = "embed") {
        return await this.tool(name)({ texts });
      },
    },
  },
};

function withKit(
  kit: Kit,
  more: Pick<TestMachineOptions, "queries" | "computeMs" | "library"> = {},
): TestMachine & { asked: string[] } {
  const source = kitSource(kit);
  const tools = (kit.tools ?? []).map(({ name }) => `${kit.name}.${name}`);
  const texts = libraryTexts([kit]);
  const asked: string[] = [];
  const library = (hash: string): string => {
    asked.push(Object.entries(source.libraries ?? {}).find(([, each]) => each === hash)?.[0] ?? hash);
    return texts.get(hash) ?? "";
  };
  return { ...testMachine({ kits: [source], library, tools, ...more }), asked };
}

describe("a kit", () => {
  it("has a library that is run once, and what the REPL has", () => {
    const { print } = withKit(words);
    expect(print("print(words.count('a b c').words, words.count('a').calls)")).toBe("3 2\n");
    expect(print("print(JSON.stringify(words.ofContext()))")).toBe('[{"words":4,"calls":3},10000,1]\n');
  });

  it("asks for a library when the code first uses it, and once, also where its code throws", () => {
    const { run, print, asked } = withKit(words);
    print("print(words.ask.name)");
    expect(asked).toEqual([]);
    print("words.count('a'); words.count('b')");
    run("words.load('broken')");
    run("words.load('broken')");
    expect(asked).toEqual(["counted", "broken"]);
  });

  it("asks for a library whole or not at all, wherever in the stack the code uses it", () => {
    let asked = 0;
    const down = (calls: number): number => (calls === 0 ? 0 : down(calls - 1));
    const library = (): string => {
      asked++;
      down(100);
      return "({ count: () => 'came' })";
    };
    const { print } = withKit(words, { library });
    const code = `let failed = 0;
      const deep = () => { try { return deep(); } catch { try { return words.count('a'); } catch (error) { failed++; throw error; } } };
      print(deep(), failed > 0);`;
    expect(print(code)).toBe("came true\n");
    expect(asked).toBe(1);
  });

  it("does not count the wait for a library as time of the code", () => {
    const library = (): string => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
      return "({ count: () => 'late' })";
    };
    const { run } = withKit(words, { library, computeMs: 250 });
    const { output, computeMs } = run("print(words.count('a'))");
    expect(output.text).toBe("late\n");
    expect(computeMs).toBeLessThan(250);
  });

  it("cannot go on without a library that it asked for, also where the code catches that", () => {
    const library = (): never => {
      throw new Error("the parent is gone");
    };
    const { run } = withKit(words, { library });
    expect(() => run("try { words.count('a') } catch { print('caught') }")).toThrow("the parent is gone");
  });

  it("asks sub-calls and tools of its own, which `tools` has not", () => {
    const { print, calls } = withKit(words);
    expect(print("print(await words.ask(['a', 'b']))", ({ prompt }) => `to ${prompt}`)).toContain("to b");
    expect(print("print(await words.embed(['x']))", () => [[1, 2]])).toContain("1, 2");
    expect(calls.at(-1)).toMatchObject({ kind: "tool", name: "words.embed", prompt: '{"texts":["x"]}' });
    expect(print("print(typeof tools)")).toBe("undefined\n");
  });

  it("gives way to what the code declares by its name, from that block on, and keeps what is inside of it", () => {
    const { print } = withKit(words);
    expect(print("const kept = words; print(words.count('a b').words)")).toBe("2\n");
    expect(print("const words = ['a']; print(words.length)")).toBe("1\n");
    expect(print("print(words.length, kept.count('a b c').words, JSON.stringify(kept.ofContext()[0].words))")).toBe(
      "1 3 4\n",
    );
  });

  it("finds no queries in a session without sub-calls", () => {
    const { print } = withKit(words, { queries: false });
    expect(print("print(await words.ask(['a']))")).toBe("undefined\n");
  });

  it.each([
    ["words.load('broken')", "no such thing"],
    ["words.load('wrong')", "Unexpected"],
    ["words.load('constructor')", 'Cannot load library "constructor": kit "words" has none of that name'],
    ["await words.embed(['x'], 'other')", "Cannot call words.other: the kit has no tool of that name"],
  ])("%s is an error of the code", (code, message) => {
    const { run, print } = withKit(words);
    expect(run(code).error?.message).toContain(message);
    expect(print("print(words.count('a').words)")).toBe("1\n");
  });

  it("runs a library by the REPL's own rules, and without a way to code from text", () => {
    const escape: Kit = {
      name: "escape",
      libraries: {
        global:
          "({ type: typeof this, made: (() => { try { return Function('return 1')(); } catch (e) { return e.message; } })() })",
      },
      functions: {
        load: {
          signature: "",
          description: "",
          run(this: KitScope) {
            return this.library("global");
          },
        },
        self: {
          signature: "",
          description: "",
          run(this: KitScope) {
            return this;
          },
        },
      },
    };
    const { print } = withKit(escape);
    expect(print("print(escape.load().made)")).toContain("Text cannot be run as code");
    expect(print("print(Object.isFrozen(escape.self()), Object.isFrozen(escape.self().repl))")).toBe("true true\n");
    expect(print("try { escape.load.constructor('return 1')() } catch (e) { print(e.message) }")).toContain(
      "Text cannot be run",
    );
  });

  it("gives the code nothing by its functions, their this, or what is thrown in them", () => {
    const hostile: Kit = {
      name: "made",
      libraries: { doubled: "({ of: (items) => items.map((item) => item * 2), big: 'x'.repeat(1e6) })" },
      functions: {
        each: {
          signature: "",
          description: "",
          run: (items: number[], use: (item: number) => unknown) => items.map(use),
        },
        doubled: {
          signature: "",
          description: "",
          run(this: KitScope, items: number[]) {
            return (this.library("doubled") as { of(items: number[]): number[] }).of(items);
          },
        },
        missing: {
          signature: "",
          description: "",
          run(this: KitScope & { nothing?: unknown }) {
            return this.nothing === undefined && (this.repl as { nothing?: unknown }).nothing === undefined;
          },
        },
        mine: {
          signature: "",
          description: "",
          run(this: KitScope) {
            return typeof this.repl;
          },
        },
      },
    };
    const { print } = withKit(hostile);
    const asked = (code: string): string =>
      print(`try { print(${code}) } catch (error) { print("threw " + error.name) }`).trim();
    expect(asked("made.mine.call({ repl: 1 })")).toBe("object");
    expect(asked("made.each([1], function () { return this === undefined || this === globalThis })[0]")).toBe("true");
    expect(asked("Object.keys(made).join()")).toBe("each,doubled,missing,mine");
    expect(asked("typeof made.library + typeof made.repl + typeof made.tool")).toBe("undefinedundefinedundefined");
    expect(asked("made.constructor.constructor('return 1')()")).toMatch(/^threw/);
    expect(asked("made.each.constructor('return 1')()")).toMatch(/^threw/);
    const trap = "Object.defineProperty(Object.prototype, 'nothing', { get() { return this; }, configurable: true })";
    expect(asked(`(${trap}, made.missing())`)).toBe("true");
    expect(asked("made.each([1], () => { throw new RangeError('x') })")).toBe("threw RangeError");
    expect(asked("made.doubled([1, 2]).join()")).toBe("2,4");
    expect(asked("Object.isFrozen(made) && Object.isFrozen(made.each)")).toBe("true");
  });
});
