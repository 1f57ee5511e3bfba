import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { file, memoryStore, named, runRlm, storeContexts } from "rlm-core";
import { scriptedModel } from "rlm-core/testing";
import { afterAll, expect, it } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "rlm-long-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A file of so many characters and a last line. */
function write(
  name: string,
  line: (n: number) => string,
  chars: number,
  open = "",
  close = "",
): { path: string; lines: number } {
  const path = join(folder, name);
  const fd = openSync(path, "w");
  let written = writeSync(fd, open);
  let lines = 0;
  while (written < chars) {
    let block = "";
    for (let n = 0; n < 20_000; n++) block += line(lines++);
    written += writeSync(fd, block);
  }
  writeSync(fd, close);
  closeSync(fd);
  return { path, lines };
}

it("a text, rows and JSON that are longer than a string can be are searched by a run, and a child gets a part", async () => {
  const log = write(
    "app.log",
    (n) => `${n} request ${n % 977} took ${n % 501} ms on worker ${n % 13}, all is well so far\n`,
    560_000_000,
    "",
    "the needle\n",
  );
  const rows = write("sales.csv", (n) => `${n},"city, ${n % 100}",${n / 4}\n`, 60_000_000, "id,city,price\n");
  const json = write(
    "items.json",
    (n) => `${n === 0 ? "" : ",\n"}{"id":${n},"text":"${"x".repeat(200)}"}`,
    540_000_000,
    "[",
    "]",
  );
  const object = write(
    "files.json",
    (n) => `${n === 0 ? "" : ","}"src/${n}.ts":"${"y".repeat(5_000)}\\n"`,
    540_000_000,
    "{",
    "}",
  );
  const model = scriptedModel([
    "```repl\nprint(log.length, log.slice(0, 20), sales.length, items.length, Object.keys(files).length, files['src/77.ts'].length);\n```",
    `\`\`\`repl
const at = log.indexOf("the needle");
const told = await rlm_query("What is at the end?", log.slice(-20_000_000));
let sum = 0;
for (const row of sales) sum += row.price;
FINAL({ at, count: log.count(/took 500 ms/g), told, sum, last: items.at(-1).id, city: sales[99].city });
\`\`\``,
    // The child.
    "```repl\nprint(context.length);\n```",
    "```repl\nFINAL(context.slice(-11).trim());\n```",
  ]);
  const context = named({
    log: file(log.path),
    sales: file(rows.path, { format: "csv" }),
    items: file(json.path, { format: "json" }),
    files: file(object.path, { format: "json" }),
  });
  const refs = await storeContexts(context, memoryStore());
  expect(refs.map(({ kind, items, paged }) => [kind, items, paged])).toEqual([
    ["string", undefined, true],
    ["array", rows.lines, true],
    ["array", json.lines, true],
    ["object", object.lines, true],
  ]);
  const { answer } = await runRlm<unknown>(
    { query: "Where is it?", context },
    { model, limits: { depth: 2 }, responseFormat: { type: "object" } },
  );
  expect(answer).toEqual({
    at: refs[0]!.length - 11,
    count: Math.floor((log.lines - 501) / 501) + 1,
    told: "the needle",
    sum: ((rows.lines - 1) * rows.lines) / 8,
    last: json.lines - 1,
    city: "city, 99",
  });
});
