import { encode } from "gpt-tokenizer/encoding/o200k_base";
import { isolate, runRlm, type Sandbox } from "rlm-core";
import { scriptedModel } from "rlm-core/testing";
import { decompose } from "rlm-tools";
import { median, medianDifference, ms, type Row } from "./measure.ts";

const runs = 3;
const chars = 40_000_000;
const size = 5_000;

/** 40 MB cut in the REPL by tokens and into sentences, without the hand-over, beside the plain library in this process. */
export async function cutting(): Promise<Row[]> {
  const text = prose(chars);
  const sandbox = isolate();
  try {
    return [
      await row(sandbox, text, "by tokens", `decompose.tokens(context, { size: ${size} })`, "gpt-tokenizer", () => {
        const tokens = encode(text);
        const pieces: number[][] = [];
        for (let at = 0; at < tokens.length; at += size) pieces.push(tokens.slice(at, at + size));
        return pieces.length;
      }),
      await row(sandbox, text, "into sentences", "decompose.sentences(context)", "Intl.Segmenter", () => {
        return [...new Intl.Segmenter("en", { granularity: "sentence" }).segment(text)].length;
      }),
    ];
  } finally {
    await sandbox.close();
  }
}

async function row(
  sandbox: Sandbox,
  text: string,
  how: string,
  call: string,
  beside: string,
  plain: () => number,
): Promise<Row> {
  const wanted = plain();
  const cut = async (): Promise<void> => {
    const count = Number(await answerOf(sandbox, text, `${call}.length`));
    // Words are not cut in the middle, so there may be some pieces more.
    if (!(count >= wanted && count < 1.05 * wanted)) throw new Error(`Expected ${wanted} pieces ${how}, got ${count}`);
  };
  await answerOf(sandbox, text, "context.length"); // from now on what boots ahead has room for it
  const ours = await medianDifference(runs, cut, () => answerOf(sandbox, text, "context.length"));
  const bare = await median(runs, plain);
  const megabytes = chars / 1_000_000;
  return {
    what: `${megabytes} MB ${how}`,
    ours: ms(ours),
    beside,
    bare: ms(bare),
    result: `${(ours / bare).toFixed(1)} times`,
  };
}

async function answerOf(sandbox: Sandbox, context: string, expression: string): Promise<string> {
  const model = scriptedModel([
    `\`\`\`repl\nconst count = ${expression};\nprint(count);\n\`\`\``,
    "```repl\nFINAL(String(count));\n```",
  ]);
  const { answer } = await runRlm(
    { query: "How many?", context },
    { model, sandbox, tools: [decompose], limits: { directBelow: 0, computeMs: 600_000, heapMb: 2_048 } },
  );
  return answer;
}

/** Words of many kinds, the same in every run. */
function prose(length: number): string {
  const syllables = [
    "ka",
    "ter",
    "in",
    "mo",
    "sal",
    "ver",
    "tion",
    "ed",
    "pre",
    "lu",
    "str",
    "a",
    "o",
    "qui",
    "ns",
    "er",
  ];
  let seed = 1;
  const below = (limit: number): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((seed / 2 ** 32) * limit);
  };
  const parts: string[] = [];
  for (let written = 0; written < length;) {
    const words = Array.from({ length: 5 + below(20) }, () =>
      Array.from({ length: 1 + below(4) }, () => syllables[below(syllables.length)]).join(""),
    );
    const sentence = `The ${words.join(" ")}${below(6) === 0 ? ".\n\n" : ". "}`;
    parts.push(sentence);
    written += sentence.length;
  }
  return parts.join("").slice(0, length);
}
