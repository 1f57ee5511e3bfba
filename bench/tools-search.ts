import { runInThisContext } from "node:vm";
import MiniSearch from "minisearch";
import { isolate, runRlm } from "rlm-core";
import { scriptedModel } from "rlm-core/testing";
import { libraryText, search } from "rlm-tools";
import { pieces } from "../packages/rlm-tools/src/search/pieces.ts";
import { middleOf, ms, type Row } from "./measure.ts";

interface SearchLibrary {
  search(kind: string, query: string, within: string, max: number): unknown[];
}

const chars = 40_000_000;
const runs = 3;
const max = 10;
const queries = ["heron tide", "w17 heron"];
const works = ["index and a query", "a query more"];

/** BM25 over 40 MB in the sandbox, beside plain MiniSearch over the same passages in this process, and the kit's library without the sandbox. */
export async function searching(): Promise<Row[]> {
  const text = prose(chars);
  const passages = [...pieces(text, 1_000)].map((piece, id) => ({ id, text: piece.text }));
  const blocks = queries.map((query) => `print(search.bm25(${JSON.stringify(query)}, { max: ${max} }).length)`);
  const rounds: { ours: number; bare: number; library: number }[][] = [];
  for (let run = 0; run < runs; run++) {
    const ours = await inSandbox(text, blocks);
    const bare = inThisProcess(() => {
      const index = new MiniSearch({ fields: ["text"] });
      index.addAll(passages);
      return (query) => index.search(query).slice(0, max);
    });
    const library = inThisProcess(() => {
      const { search } = runInThisContext(libraryText("search")) as SearchLibrary;
      return (query) => search("bm25", query, text, max);
    });
    for (const taken of [ours, bare, library])
      for (const { printed } of taken)
        if (printed !== String(max)) throw new Error(`Expected ${max} passages, got ${printed}`);
    rounds.push(
      works.map((_, at) => ({
        ours: ours[at]?.ms ?? NaN,
        bare: bare[at]?.ms ?? NaN,
        library: library[at]?.ms ?? NaN,
      })),
    );
  }
  return works.map((work, at) => {
    const of = (read: (taken: { ours: number; bare: number; library: number }) => number): number =>
      middleOf(rounds.map((round) => read(round[at] ?? { ours: NaN, bare: NaN, library: NaN })));
    return {
      what: `search.bm25 over 40 MB, ${work}`,
      ours: ms(of(({ ours }) => ours)),
      beside: "MiniSearch of its own defaults, in this process",
      bare: ms(of(({ bare }) => bare)),
      result: `${of(({ ours, bare }) => ours / bare).toFixed(2)} times (goal: under 30 s); the kit's library in this process ${of(({ library, bare }) => library / bare).toFixed(2)} times`,
    };
  });
}

/** What each query takes, the first with what is made before it. */
function inThisProcess(make: () => (query: string) => unknown[]): Taken[] {
  let search: ((query: string) => unknown[]) | undefined;
  return queries.map((query) => {
    const begin = performance.now();
    search ??= make();
    const printed = String(search(query).length);
    return { ms: performance.now() - begin, printed };
  });
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
      limits: { directBelow: 0, heapMb: 512, computeMs: 300_000 },
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
  return took.slice(0, blocks.length);
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
