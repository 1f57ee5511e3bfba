import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { countTokens, estimateTokens } from "./tokens.ts";

const source = readFileSync(new URL("./budget.ts", import.meta.url), "utf8");
const numbers = JSON.stringify(Array.from({ length: 3000 }, (_, index) => Math.sin(index)));
const texts: Record<string, string> = {
  prose:
    "The committee met in the morning and, after a long debate about the canal, voted to adjourn until Monday. ".repeat(
      300,
    ),
  code: source.repeat(4),
  numbers,
  hex: Buffer.from(Uint8Array.from({ length: 8000 }, (_, index) => (index * index * 7919) >> 7)).toString("hex"),
  Korean: "판문점에서 열린 회담은 긴 시간 이어졌고, 양측은 다음 주에 다시 만나기로 합의했다. ".repeat(200),
  Chinese: "递归语言模型把长文本当作变量放进沙箱里，由模型写代码去搜索和切分。".repeat(200),
  Russian: "Рекурсивные языковые модели хранят длинный текст в переменной и пишут код. ".repeat(200),
  emoji: "🌏🚀🎉🇰🇷".repeat(500),
};
for (const [kind, text] of Object.entries(texts)) {
  it(`estimateTokens() of ${kind} is between 0.9 and 1.7 of what countTokens() gives`, async () => {
    const ratio = estimateTokens(text) / (await countTokens(text));
    expect(ratio).toBeGreaterThan(0.9);
    expect(ratio).toBeLessThan(1.7);
  });
}

it("countTokens() counts what looks like a special token as text", async () => {
  expect(await countTokens("<|endoftext|>")).toBeGreaterThan(1);
});

it("countTokens() of a long run without a break stays fast and at most 1 % high", async () => {
  const start = performance.now();
  expect(await countTokens(" ".repeat(200_000))).toBeLessThan(200_000 / 100);
  expect(await countTokens(`${"word ".repeat(20_000)}${"=".repeat(1500)}`)).toBeLessThan(20_500);
  // Counted in one piece the spaces alone take 16 seconds.
  expect(performance.now() - start).toBeLessThan(4_000);
});

it("estimateTokens() and countTokens() of nothing are 0", async () => {
  expect([estimateTokens(""), await countTokens("")]).toEqual([0, 0]);
});
