import { expect, it } from "vitest";
import { createIndexes } from "./indexes.ts";
import { createSearchLibrary } from "./search-library.ts";

const library = createSearchLibrary();

/** Keys of what one search finds, and how many indexes it built. */
function searched(within: unknown): { keys: unknown[]; built: number } {
  const before = library.builds();
  const keys = library.search("bm25", "tide", within, 5).map(({ key }) => key);
  return { keys, built: library.builds() - before };
}

function longText(text: string): object {
  const slice = (from: number, to: number): string => text.slice(from, to);
  return { length: text.length, matchAll: () => [], slice };
}

it("an object of texts is indexed once, also as a copy and in turn with others", () => {
  const files = { "a.md": "The tide rose.", "b.md": "A dog.", "c.json": { at: ["tide", 3] } };
  expect(searched(files)).toEqual({ keys: ["a.md", "c.json"], built: 1 });
  expect(searched(["A dog.", "The tide rose."])).toEqual({ keys: [1], built: 1 });
  expect(searched("The tide rose.")).toEqual({ keys: [undefined], built: 1 });
  expect(searched("The tide fell.").built).toBe(1);
  const again = [files, structuredClone(files), ["A dog.", "The tide rose."], "The tide rose.", "The tide fell."];
  for (let round = 0; round < 3; round++)
    for (const within of again) expect(searched(within), JSON.stringify(within)).toMatchObject({ built: 0 });
});

it("what has changed since, or has other keys, is indexed anew", () => {
  const files: Record<string, unknown> = { a: "A dog.", b: { of: ["a dog"] } };
  const list = ["A dog.", '{"of":["a dog"]}'];
  expect(searched(files)).toEqual({ keys: [], built: 1 });
  expect(searched(list)).toEqual({ keys: [], built: 1 });
  (files["b"] as { of: string[] }).of.push("tide");
  expect(searched(files)).toEqual({ keys: ["b"], built: 1 });
  files["a"] = "A tide.";
  expect(searched(files)).toEqual({ keys: ["a", "b"], built: 1 });
  files["c"] = "No tides.";
  expect(searched(files).built).toBe(1);
  list.push("Tide.");
  expect(searched(list)).toEqual({ keys: [2], built: 1 });
});

it("a LongText is indexed once, as itself, as the same part again and as one of several texts", () => {
  const text = `${"Nothing of note.\n".repeat(10_000)}The tide rose.`;
  const long = longText(text);
  expect(searched(long)).toEqual({ keys: [undefined], built: 1 });
  expect(searched("Another text").built).toBe(1);
  expect(searched(long).built).toBe(0);
  expect(searched(longText(text)).built).toBe(0);
  expect(searched(longText(text.replace("tide rose", "tide fell"))).built).toBe(1);
  const both = { long, short: "A tide." };
  expect(searched(both)).toEqual({ keys: ["short", "long"], built: 1 });
  expect(searched({ ...both }).built).toBe(0);
});

it("of many texts the last four are kept, and no more than one may take", () => {
  const builds = (bounds: Parameters<typeof createIndexes>[0], texts: string[]): number => {
    const indexes = createIndexes(bounds);
    for (const text of texts) indexes.of(text, "search.bm25");
    return indexes.builds();
  };
  const [a, b, c, d, e] = ["tide 1", "tide 2", "tide 3", "tide 4", "tide 5"] as const;
  // b is let go for e, not a, which was used after it.
  expect(builds(undefined, [a, b, c, d, a, e, a, c, d, e])).toBe(5);
  expect(builds(undefined, [a, b, c, d, a, e, b])).toBe(6);
  const bounds = { kept: 4, chars: 100, postings: 1_000 };
  expect(builds(bounds, [a, b, a, b])).toBe(2);
  expect(builds({ ...bounds, chars: 12 }, [a, b, a, b])).toBe(2);
  expect(builds({ ...bounds, chars: 11 }, [a, b, a, b])).toBe(4);
  // Each of 2 postings, a passage and two words.
  expect(builds({ ...bounds, postings: 70 }, [a, b, a, b])).toBe(2);
  expect(builds({ ...bounds, postings: 69 }, [a, b, a, b])).toBe(4);
});

it("texts that are too long together are refused before the next is read", () => {
  const half = "a".repeat(50_000_000);
  const within = [half, half, "b", { toJSON: () => expect.fail("It was read") }];
  expect(() => createSearchLibrary().search("bm25", "a", within, 1)).toThrow(
    new RangeError("search.bm25: within is too long: search a part of it, such as a slice"),
  );
});
