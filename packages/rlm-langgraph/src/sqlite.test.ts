import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { END, START, StateGraph, StateSchema } from "@langchain/langgraph";
import { storeLaws } from "rlm-core/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import type { Persistence } from "./persistence.ts";
import { sqlite } from "./sqlite.ts";

let folder: string;
let path: string;
let open: Persistence[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rlm-saver-"));
  path = join(folder, "runs.sqlite");
  open = [];
});
afterEach(async () => {
  for (const { close } of open) await close();
  rmSync(folder, { recursive: true });
});

describe("sqlite()", () => {
  for (const law of storeLaws) it(`its store: ${law.name}`, () => law.holds(async () => (await opened()).store));

  it("sqlite() keeps texts, logs and checkpoints in one file, which a second one at the same time reads and goes on with", async () => {
    const first = await opened();
    const second = await opened();
    const ref = await first.store.put("text");
    const thread = { configurable: { thread_id: "a" } };
    await counting(first).invoke({ count: 1 }, { ...thread, interruptBefore: ["second"] });
    expect((await counting(second).getState(thread)).next).toEqual(["second"]);
    expect(await counting(second).invoke(null, thread)).toEqual({ count: 3 });
    expect((await counting(first).getState(thread)).values).toEqual({ count: 3 });
    expect(await second.store.get(ref)).toBe("text");
    expect((statSync(path).mode & 0o777).toString(8)).toBe("600");
  });

  it("close() closes both; what a graph does then is an RlmError that says so", async () => {
    const { store, checkpointer, close } = await opened();
    await close();
    await expect(store.put("x")).rejects.toMatchObject({ code: "store" });
    await expect(
      counting({ checkpointer }).invoke({ count: 1 }, { configurable: { thread_id: "a" } }),
    ).rejects.toMatchObject({ code: "store", message: "Cannot read checkpoints: the database is closed" });
  });

  it.each(["rlm_texts", "rlm_text_parts", "rlm_logs", "checkpoints", "writes"])(
    "sqlite() of a database with another program's table %s is an InputError that names the file",
    async (table) => {
      const database = new DatabaseSync(path);
      database.exec(`CREATE TABLE ${table} (other TEXT)`);
      database.close();
      await expect(sqlite(path)).rejects.toMatchObject({
        code: "bad-input",
        message: expect.stringMatching(/ in \S+runs\.sqlite: it is no database of runs, .*SQLite: /) as string,
      });
    },
  );

  it("sqlite() of a file that is no database is an InputError", async () => {
    writeFileSync(path, "no database\n".repeat(100));
    await expect(sqlite(path)).rejects.toMatchObject({ code: "bad-input", message: expect.stringContaining(path) });
  });
});

async function opened(): Promise<Persistence> {
  const persistence = await sqlite(path);
  open.push(persistence);
  return persistence;
}

function counting({ checkpointer }: Pick<Persistence, "checkpointer">) {
  const add = ({ count }: { count: number }): { count: number } => ({ count: count + 1 });
  return new StateGraph(new StateSchema({ count: z.number() }))
    .addNode("first", add)
    .addNode("second", add)
    .addEdge(START, "first")
    .addEdge("first", "second")
    .addEdge("second", END)
    .compile({ checkpointer });
}
