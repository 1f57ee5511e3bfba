import { runInThisContext } from "node:vm";
import { isolate, runRlm } from "rlm-core";
import { scriptedModel } from "rlm-core/testing";
import { libraryText, search } from "rlm-tools";
import { ms, type Row } from "./measure.ts";

type Functions = Record<string, (...args: unknown[]) => unknown>;

const chars = 40_000_000;

/** BM25 over 40 MB in the sandbox, beside the same library in this process. */
export async function searching(): Promise<Row[]> {
  const text = prose(chars);
  const words = runInThisContext(libraryText("search")) as Functions;
  const works: [what: string, code: string, bare: () => unknown][] = [
    [
      "search.bm25, index",
      'print(search.bm25("heron tide").length)',
      () => words["search"]?.("bm25", "heron tide", text, 10),
    ],
    [
      "search.bm25, query",
      'print(search.bm25("w17 heron").length)',
      () => words["search"]?.("bm25", "w17 heron", text, 10),
    ],
  ];
  const rows: Row[] = [];
  const took = await inSandbox(
    text,
    works.map(([, code]) => code),
  );
  for (const [at, [what, , bare]] of works.entries()) {
    const begin = performance.now();
    const found = String((bare() as unknown[]).length);
    const base = performance.now() - begin;
    const { ms: ours, printed } = took[at] ?? { ms: NaN, printed: "nothing" };
    if (printed !== found) throw new Error(`${what}: expected ${found}, got ${printed}`);
    rows.push({
      what: `${what}, 40 MB`,
      ours: ms(ours),
      beside: "the same library in this process",
      bare: ms(base),
      result: `${(ours / base).toFixed(2)} times (goal: under 30 s)`,
    });
  }
  return rows;
}

interface Taken {
  ms: number;
  /** Or its error. */
  printed: string;
}

/** What each block of one session took and printed. */
async function inSandbox(context: string, blocks: readonly string[]): Promise<Taken[]> {
  const took: Taken[] = [];
  const scripted = scriptedModel([...blocks, "FINAL('done')"].map((code) => `\`\`\`repl\n${code}\n\`\`\``));
  let begin = 0;
  const sandbox = isolate();
  await runRlm(
    { query: "Run it.", context },
    {
      model: async (messages, options) => {
        const reply = await scripted(messages, options);
        begin = performance.now();
        return reply;
      },
      sandbox,
      tools: [search],
      limits: { directBelow: 0, heapMb: 512, computeMs: 30_000 },
      onEvent: (event) => {
        if (event.type === "journal" && event.event.type === "end")
          took.push({
            ms: performance.now() - begin,
            printed: event.event.error?.message ?? event.event.output.text.trim(),
          });
      },
    },
  );
  await sandbox.close();
  return took;
}

/** Some 40,000 different words in sentences, the frequent ones often. */
function prose(length: number): string {
  const parts: string[] = [];
  let seed = 7;
  const next = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
  for (let size = 0; size < length;) {
    const count = 5 + Math.floor(next() * 20);
    const sentence = Array.from({ length: count }, () => `w${Math.floor(40_000 ** next())}`);
    const part = `The heron ${sentence.join(" ")}.${next() < 0.1 ? "\n\n" : " "}`;
    parts.push(part);
    size += part.length;
  }
  return parts.join("").slice(0, length);
}
