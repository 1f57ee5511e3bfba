import { readFileSync } from "node:fs";
import { inTransaction, openSqlite } from "rlm-core/stores/sqlite";

/** Which process works on which thread, or on which trace, by its path; for all processes of a state folder. */
export interface Locks {
  /** Takes a thread for this process; gives the id of the process that has it, if that is alive. */
  take(thread: string): number | undefined;
  /** Gives it back; no error where this process does not have it. */
  release(thread: string): void;
  /** The process that has it, if that is alive. */
  holder(thread: string): number | undefined;
  /** Deletes all texts; false where another process has a thread, which may have put some. */
  deleteTexts(own: string): boolean;
  close(): void;
}

/** Locks in a table of the threads' database: looking whether a holder is alive and taking its place is one step. */
export function createLocks(path: string): Locks {
  const database = openSqlite(path);
  database.exec(
    "CREATE TABLE IF NOT EXISTS rlm_cli_locks (thread TEXT PRIMARY KEY, pid INTEGER NOT NULL, started TEXT NOT NULL) STRICT",
  );
  const find = database.prepare("SELECT pid, started FROM rlm_cli_locks WHERE thread = ?");
  const put = database.prepare("INSERT OR REPLACE INTO rlm_cli_locks (thread, pid, started) VALUES (?, ?, ?)");
  const drop = database.prepare("DELETE FROM rlm_cli_locks WHERE thread = ? AND pid = ? AND started = ?");
  const all = database.prepare("SELECT thread FROM rlm_cli_locks");
  const own = [process.pid, startOf(process.pid)] as const;

  function holder(thread: string): number | undefined {
    const { pid, started } = find.get(thread) ?? {};
    return typeof pid === "number" && isAlive(pid) && startOf(pid) === started ? pid : undefined;
  }

  return {
    holder,
    take: (thread) =>
      inTransaction(database, () => {
        const other = holder(thread);
        if (other === undefined) put.run(thread, ...own);
        return other;
      }),
    release(thread) {
      drop.run(thread, ...own);
    },
    deleteTexts: (thread) => {
      const emptied = inTransaction(database, () => {
        const threads = all
          .all()
          .flatMap(({ thread }) => (typeof thread === "string" && !isPath(thread) ? thread : []));
        const others = threads.filter((one) => one !== thread && holder(one) !== undefined);
        if (others.length > 0) return false;
        database.exec("DELETE FROM rlm_texts; DELETE FROM rlm_text_parts");
        return true;
      });
      // The pages that are free now hold what was deleted until others are written there.
      if (emptied) database.exec("VACUUM");
      return emptied;
    },
    close() {
      database.close();
    },
  };
}

/** Of a trace, which puts no texts there. */
function isPath(name: string): boolean {
  return /[/\\]/.test(name);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // One of another user is alive too.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** When a process began, for its id may belong to another one by now; on Linux, and elsewhere the id has to do. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The 22nd field; the second is a name in brackets, in which anything may stand. Of one that is dead and not yet buried there is no start.
    const [state, ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return state === "Z" ? "dead" : (fields[18] ?? "");
  } catch {
    return "";
  }
}
