import type { RunStore } from "rlm-core";
import { budgetKey } from "rlm-core/driver";

/** Deletes what only a run that goes on needs: its write-ahead logs, its budget's last, so that its absence says that all are gone. */
export async function tidy(id: string, store: RunStore): Promise<void> {
  if ((await store.read(budgetKey(id))).length === 0) return;
  const logs = await store.list(`${id}/log/`);
  await Promise.all(logs.map((key) => store.delete(key)));
  await store.delete(budgetKey(id));
}
