import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What may happen to a folder while a program works in it. */
export interface Fault {
  strike(): void | Promise<void>;
  /** No error where it has not struck. */
  lift(): void | Promise<void>;
}

/** Faults of the process that makes them, by their names. */
export const faults: Record<string, (folder: string) => Fault> = {
  // For users who may not mount a disk of their own: no file grows further than the longest one is now.
  "small-files": (folder) => ({
    strike: () => limitFiles(String(Math.max(...filesIn(folder).map((path) => statSync(path).size)))),
    lift: () => limitFiles("unlimited"),
  }),
  "full-disk": (folder) => {
    const filler = join(folder, "filler");
    return { strike: () => fill(filler), lift: () => rmSync(filler, { force: true }) };
  },
  "read-only": (folder) => ({
    strike() {
      protect(folder);
      // Where it could not become somebody else before the work.
      if (process.getuid?.() === 0) process.seteuid?.(nobody);
    },
    lift() {
      if (process.getuid?.() === 0) process.seteuid?.(0);
      giveBack(folder);
    },
  }),
  // What SQLite has open it may go on writing whatever the rights are by then; the next process may not.
  "read-only-and-killed": (folder) => ({
    strike() {
      protect(folder);
      process.kill(process.pid, "SIGKILL");
    },
    lift() {},
  }),
  // Not even root may write to what it has open: as a file system that was turned read-only.
  immutable: (folder) => {
    const paths = (): string[] => filesIn(folder).filter((path) => /\.sqlite(-wal)?$/.test(path));
    return {
      strike: () => void execFileSync("chattr", ["+i", ...paths()]),
      lift: () => void execFileSync("chattr", ["-i", ...paths()]),
    };
  },
  locked: (folder) => {
    let release = async (): Promise<void> => {};
    return {
      async strike() {
        const holder = spawn(process.execPath, ["--input-type=module", "-e", holdLock, join(folder, "runs.sqlite")], {
          stdio: ["pipe", "pipe", "inherit"],
        });
        await once(holder.stdout, "data");
        release = async () => {
          holder.kill("SIGKILL");
          await once(holder, "close");
          release = async () => {};
        };
      },
      lift: async () => await release(),
    };
  },
};

/** Root may do everything, so it becomes somebody who may not, and to whom the folder belongs. */
export function becomeNobody(folder: string): void {
  if (process.getuid?.() !== 0 || !canBeNobody()) return;
  for (const path of [...filesIn(folder), ...foldersIn(folder)]) chownSync(path, nobody, nobody);
  process.setgroups?.([nobody]);
  process.setgid?.(nobody);
  process.setuid?.(nobody);
}

/** Whether somebody else could run this program: the repository may be where only root can read. */
export function canBeNobody(): boolean {
  const look = ["-e", "fs.accessSync(process.argv[1])", import.meta.filename];
  const { status } = spawnSync(process.execPath, look, { uid: nobody, gid: nobody, cwd: "/", stdio: "ignore" });
  return status === 0;
}

/** Nobody may write there any more. */
function protect(folder: string): void {
  for (const path of [...filesIn(folder), ...foldersIn(folder)]) chmodSync(path, isFolder(path) ? 0o555 : 0o444);
}

/** Its owner may write there again. */
export function giveBack(folder: string): void {
  for (const path of [...foldersIn(folder).toReversed(), ...filesIn(folder)])
    chmodSync(path, isFolder(path) ? 0o755 : 0o644);
}

const nobody = 65_534;

const holdLock = `
const { DatabaseSync } = await import("node:sqlite");
new DatabaseSync(process.argv[1]).exec("BEGIN IMMEDIATE");
console.log("held");
process.stdin.resume();
`;

function limitFiles(bytes: string): void {
  execFileSync("prlimit", ["--pid", String(process.pid), `--fsize=${bytes}:`]);
}

function fill(path: string): void {
  for (let size = 65_536; size >= 1; size = Math.floor(size / 2)) {
    try {
      for (;;) writeFileSync(path, Buffer.alloc(size), { flag: "a" });
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) throw error;
    }
  }
}

function filesIn(folder: string): string[] {
  return inside(folder).filter((path) => !isFolder(path));
}

/** Outermost last. */
function foldersIn(folder: string): string[] {
  return [...inside(folder).filter(isFolder).toReversed(), folder];
}

function inside(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).map((path) => join(folder, path));
}

function isFolder(path: string): boolean {
  return statSync(path).isDirectory();
}
