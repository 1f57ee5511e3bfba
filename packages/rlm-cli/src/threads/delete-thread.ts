import { removeKeptFiles } from "./kept-files.ts";
import type { State } from "./state-folder.ts";
import { deleteThreadLog, threadIds, type Thread } from "./thread-log.ts";

/** Deletes all that is a thread's alone; the texts of the database, which threads share, with the last of them. */
export async function deleteThread(
  { id, questions }: Thread,
  { folder, store, checkpointer, locks }: State,
): Promise<{ texts: "gone" | "stay" }> {
  await checkpointer.deleteThread(id);
  for (const runId of questions.flatMap(({ runIds }) => runIds))
    for (const key of await store.list(`${runId}/`)) await store.delete(key);
  removeKeptFiles(folder, id);
  // Last, so that one that was cut off can be deleted again.
  await deleteThreadLog(store, id);
  const isLast = (await threadIds(store)).length === 0;
  return { texts: isLast && locks.deleteTexts(id) ? "gone" : "stay" };
}
