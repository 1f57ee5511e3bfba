import { closeSync, fstatSync, openSync, rmdirSync, rmSync, statSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "./temporary-folder.ts";

/** New files of this user alone, which are there as long as this program wants them. */
export interface TemporaryFiles {
  /** Makes an empty one, to be opened for writing ("r+") or reading by the path that this gives. Throws InputError. */
  create(name: string): string;
  /** Removes all, at once: also on the way out. */
  remove(): void;
}

/** On Linux they have no name in any folder, so that nothing of them is left however this program ends. */
export function temporaryFiles(platform: NodeJS.Platform = process.platform): TemporaryFiles {
  const open: number[] = [];
  const folders: string[] = [];
  return {
    create(name) {
      const folder = temporaryFolder("rlm-");
      folders.push(folder);
      const path = join(folder, name);
      const fd = openSync(path, "wx", 0o600);
      const nameless = platform === "linux" ? `/proc/self/fd/${fd}` : undefined;
      if (nameless === undefined || !isSame(nameless, fd)) {
        closeSync(fd);
        return path;
      }
      open.push(fd);
      unlinkSync(path);
      rmdirSync(folder);
      folders.pop();
      return nameless;
    },
    remove() {
      for (const fd of open.splice(0)) closeSync(fd);
      for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** There is no /proc everywhere. */
function isSame(path: string, fd: number): boolean {
  const opened = fstatSync(fd);
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.ino === opened.ino && found.dev === opened.dev;
}
