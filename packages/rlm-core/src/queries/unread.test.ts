import { describe, expect, it } from "vitest";
import { countTokens, estimateTokens } from "../tokens.ts";
import { readsLess, unreadProblem, unreadWarning } from "./unread.ts";

const texts: Record<string, string> = {
  prose:
    "The committee met in the morning and, after a long debate about the canal, voted to adjourn until Monday. ".repeat(
      200,
    ),
  log: Array.from(
    { length: 200 },
    (_, at) => `2024-05-01T12:00:${at % 60}Z INFO [worker-${at}] GET /items/${at * 7919} 200`,
  ).join("\n"),
  json: JSON.stringify(Array.from({ length: 300 }, (_, id) => ({ id, name: `user ${id}`, size: Math.sin(id) }))),
  code: "export function sum(values: readonly number[]): number {\n  return values.reduce((a, b) => a + b, 0);\n}\n".repeat(
    120,
  ),
  hex: Buffer.from(Uint8Array.from({ length: 6000 }, (_, at) => (at * at * 7919) >> 7)).toString("hex"),
  Korean: "판문점에서 열린 회담은 긴 시간 이어졌고, 양측은 다음 주에 다시 만나기로 합의했다. ".repeat(150),
  Japanese: "委員会は午前中に会合を開き、運河について長い議論をした後、月曜日まで休会することを決めた。".repeat(150),
  Hindi: "समिति की बैठक सुबह हुई और नहर पर लंबी बहस के बाद सोमवार तक स्थगित करने का निर्णय लिया गया। ".repeat(100),
  rulers: `${"=".repeat(78)}\nSection title\n${"-".repeat(40)}\n`.repeat(400),
  table: "|------------------|--------|-------------|\n| name   | value    | another      |\n".repeat(150),
  emoji: "🌏🚀🎉🇰🇷".repeat(800),
};
// Of the least that a tokenizer was measured to give, of o200k_base: Gemma 3, and Qwen 3 for emoji.
const least: Record<string, number> = { Japanese: 0.69, emoji: 0.5, Hindi: 0.81, Korean: 1 };

const ask = (text: string, read: number, estimated?: true) =>
  readsLess(
    { inputTokens: Math.round(read), outputTokens: 1, ...(estimated && { estimated }) },
    estimateTokens(text) + 4,
    [{ role: "user", content: text }],
  );

describe("readsLess()", () => {
  for (const [kind, text] of Object.entries(texts)) {
    it(`readsLess() trusts every honest tokenizer over ${kind}, and sees that half of it was dropped and more`, async () => {
      const sent = await countTokens(text);
      expect(sent).toBeGreaterThan(2000);
      for (const share of [least[kind] ?? 0.9, 1, 1.5, 4.8]) expect(await ask(text, sent * share + 10)).toBe(undefined);
      const read = Math.max(1000, sent * 0.4);
      if (read < sent * 0.45) expect(await ask(text, read)).toEqual({ sent, read: Math.round(read) });
    });
  }

  it("readsLess() sees a prompt that is cut at a window, also where most of it fits", async () => {
    const text = texts["prose"] ?? "";
    const sent = await countTokens(text);
    const longer = text.repeat(2);
    expect(sent).toBeGreaterThan(4096 / 0.85 - 600);
    for (const read of [4096, 4096 + 3, 4095]) expect(await ask(longer, read)).toMatchObject({ read });
    const cut = longer.slice(0, Math.round((longer.length * 5200) / (await countTokens(longer))));
    expect(await ask(cut, 4096)).toMatchObject({ read: 4096 });
    // The same share, and no window.
    expect(await ask(cut, 4200)).toBe(undefined);
  });

  it("readsLess() says nothing of short prompts, of its own estimates, and of counts without what came from a cache", async () => {
    const text = texts["prose"] ?? "";
    expect(await ask(text.slice(0, 6000), 100)).toBe(undefined);
    expect(await ask(text.repeat(4), 1100, true)).toBe(undefined);
    expect(await ask(text.repeat(4), 14)).toBe(undefined);
    expect(await ask(text.repeat(4), 1100)).toMatchObject({ read: 1100 });
  });
});

it("unreadWarning() and unreadProblem() say what was sent and read, and what to do", () => {
  const unread = { sent: 160_689, read: 16_387 };
  expect(unreadWarning(unread, "llama")).toMatch(
    /"llama".*160,689 tokens.*16,387.*OLLAMA_CONTEXT_LENGTH.*limits.promptChars/,
  );
  expect(unreadProblem(unread, 640_000)).toMatch(/160,689 tokens.*16,387.*at most about 45,686 characters/);
});
