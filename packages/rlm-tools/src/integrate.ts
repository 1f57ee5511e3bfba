import type { Kit, KitFunction, KitScope } from "rlm-core";
import { libraryText } from "./libraries.ts";

type Library = Record<string, (...args: unknown[]) => unknown>;

/** The kit that puts results together: sub-calls over many items, checked and in order, and exact sums in code. */
export const integrate: Kit = {
  name: "integrate",
  libraries: {
    get integrate() {
      return libraryText("integrate");
    },
  },
  functions: {
    filter: {
      signature:
        "(items, criterion: string, { size = 100, model? }) => Promise<{ items, indices, failed: { index, error }[] }>",
      description: "keeps the items for which a sub-model says that the criterion holds.",
      calls:
        "one for each prompt full of items, `size` at most; items that got no value once more, and so is a reply that cannot be read",
      example: `const { items, indices } = await integrate.filter(["a red apple", "a blue car", "a red bus"], "it is red");
print(items, indices);`,
      async run(this: KitScope, ...args: unknown[]) {
        return await (this.library("integrate") as Library)["filter"]?.(this.repl, ...args);
      },
    },
    classify: {
      signature: "(items, labels: string[], { instruction?, size = 100, model? }) => Promise<(label | Error)[]>",
      description: "one of the labels for each item, in order.",
      calls:
        "one for each prompt full of items, `size` at most; items that got no value once more, and so is a reply that cannot be read",
      example: `print(await integrate.classify(["it broke at once", "lovely"], ["praise", "complaint"], { instruction: "It is said of a kettle." }));`,
      async run(this: KitScope, ...args: unknown[]) {
        return await (this.library("integrate") as Library)["classify"]?.(this.repl, ...args);
      },
    },
    extract: {
      signature: "(items, schema, { instruction?, size = 100, model? }) => Promise<(value | Error)[]>",
      description: "for each item, in order, what a JSON Schema asks for.",
      calls:
        "one for each prompt full of items, `size` at most; items that got no value once more, and so is a reply that cannot be read",
      example: `const schema = { type: "object", properties: { name: { type: "string" }, age: { type: "integer" } }, required: ["name", "age"] };
print(await integrate.extract(["Ann is 41.", "Bob, 7 years old"], schema));`,
      async run(this: KitScope, ...args: unknown[]) {
        return await (this.library("integrate") as Library)["extract"]?.(this.repl, ...args);
      },
    },
    reduce: {
      signature:
        '(items, instruction: string, { how = "tree" | "refine" | "concatenate", model? }) => Promise<{ value: string, failed: { start, end, error }[] }>',
      description:
        "makes one text of many, such as a summary: by groups that fit a prompt, then of what came of them until one is left (tree), as one draft bettered group by group (refine), or what came of each group in a row (concatenate). `failed`: items, from `start` to before `end`, that are not in it, or whose text was too long on the way and was cut.",
      calls: "one for each prompt full of items; tree: and of what came of them, level by level; failed ones once more",
      example: `print(await integrate.reduce(["Monday: rain.", "Tuesday: rain.", "Wednesday: sun."], "Say in a few words how the weather was."));`,
      async run(this: KitScope, ...args: unknown[]) {
        return await (this.library("integrate") as Library)["reduce"]?.(this.repl, ...args);
      },
    },
    vote: {
      signature:
        "(prompt: string, { times = 3, schema?, model? }) => Promise<{ value, agreement, votes: { value, count }[], failed }>",
      description: "asks the same several times, and gives what most said with the part of all that said so.",
      calls: "`times`; failed ones once more, and so is a reply that does not fit `schema`",
      example: `print(await integrate.vote("What is 6 times 7? Reply with the number alone.", { times: 5 }));`,
      async run(this: KitScope, ...args: unknown[]) {
        return await (this.library("integrate") as Library)["vote"]?.(this.repl, ...args);
      },
    },
    aggregate: {
      signature: "(rows, { by?, of? }) => { key, count, missing?, sum?, mean?, min?, max? }[]",
      description:
        "counts rows, and sums up their numbers, exactly, by groups, which come in the order in which they appear; `by` and `of` are a field's name or a function of the row.",
      example: `const rows = [{ city: "Busan", paid: 1.25 }, { city: "Seoul", paid: 7 }, { city: "Busan", paid: 0.5 }];
print(integrate.aggregate(rows, { by: "city", of: "paid" }));`,
      run(this: KitScope, ...args: unknown[]) {
        return (this.library("integrate") as Library)["aggregate"]?.(...args);
      },
    },
    pairs: {
      signature:
        "(items, condition: string, { by?, size = 30, maxCalls = 200, model? }) => Promise<{ pairs: [i, j][], failed: { items, error }[] }>",
      description:
        "all pairs of items that satisfy a condition; give `by`, a field's name or a function, so that only items with a value in common are compared.",
      calls:
        "one for each block of up to `size` items; for a longer one of n items h (h - 1) / 2, h being n / floor(size / 2) rounded up; more where so many have no room in a prompt; more than `maxCalls` are refused; failed ones once more, and so is a reply that does not fit",
      example: `const people = [{ name: "Ann Lee", city: "Busan" }, { name: "A. Lee", city: "Busan" }, { name: "Bob", city: "Seoul" }];
print(await integrate.pairs(people, "they may be the same person", { by: "city" }));`,
      async run(this: KitScope, ...args: unknown[]) {
        return await (this.library("integrate") as Library)["pairs"]?.(this.repl, ...args);
      },
    },
    verify: {
      signature:
        '(claims: string[], sources: string[] | string, { size = 20, model? }) => Promise<{ claim, verdict: "supported" | "contradicted" | "not found", source?, start?, end?, quote?, error? }[]>',
      description:
        "has each claim checked against the sources, `size` claims a call, by a sub-model that sees nothing else; the passage that it goes by is checked to stand there. It tells whether they say all of the claim, so word it as they do (agreed or only proposed, surely or perhaps), and give the passages around it, each once, rather than whole texts. `source` is an index, `start` and `end` are offsets in it.",
      calls:
        "one for each prompt full of sources and claims, `size` claims at most; those that failed or did not fit, and claims that a reply left out, once more",
      example: `print(await integrate.verify(["The guard was hit.", "Nobody was hurt."], ["12:00 the guard was hit", "12:01 two workers were hurt"]));`,
      async run(this: KitScope, ...args: unknown[]) {
        return await (this.library("integrate") as Library)["verify"]?.(this.repl, ...args);
      },
    },
    cite: {
      signature:
        "(claims: string[], sources: string[] | string, { size = 20, model? }) => Promise<({ claim, source, start, end, quote } | Error | undefined)[]>",
      description:
        "for each claim, `size` a call, the passage of the sources that supports it, word for word; undefined where none does, an Error where calls failed.",
      calls:
        "one for each prompt full of sources and claims, `size` claims at most; those that failed or did not fit, and claims that a reply left out, once more",
      example: `print(await integrate.cite(["The guard was hit.", "It rained."], ["12:00 the guard was hit", "12:01 two workers were hurt"]));`,
      async run(this: KitScope, ...args: unknown[]) {
        return await (this.library("integrate") as Library)["cite"]?.(this.repl, ...args);
      },
    },
  } satisfies Record<string, KitFunction>,
};
