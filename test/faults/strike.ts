import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
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
      for (const path of [...filesIn(folder), ...foldersIn(folder)]) chmodSync(path, isFolder(path) ? 0o555 : 0o444);
      // Root may do everything, so it becomes somebody who may not.
      if (process.getuid?.() === 0) process.seteuid?.(65_534);
    },
    lift() {
      if (process.getuid?.() === 0) process.seteuid?.(0);
      for (const path of [...foldersIn(folder).toReversed(), ...filesIn(folder)])
        chmodSync(path, isFolder(path) ? 0o755 : 0o644);
    },
  }),
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
