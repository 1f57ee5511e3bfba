import { existsSync } from "node:fs";
import { lstat, readFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import ignore, { type Ignore } from "ignore";

/** What the ignore files above a folder, of it and below it leave out, as git reads them. */
export interface IgnoreFiles {
  /** Has to be called for each folder before its entries are asked for. */
  enter(folder: string): Promise<void>;
  ignores(path: string, isFolder: boolean): boolean;
}

/** Opens them for a walk of `root`. Those of the folders above count, up to that of the repository, unless they leave out `root` itself: whoever names it means it. */
export async function ignoreFiles(root: string): Promise<IgnoreFiles> {
  const rules = new Map<string, Ignore>();
  const read = async (folder: string): Promise<void> => {
    const text = await textOf(join(folder, ".gitignore"));
    if (text !== "")
      rules.set(folder, ignore({ ignorecase: process.platform !== "linux" }).add(text.split(/\r?\n/).filter(isQuick)));
  };
  const ignores = (path: string, isFolder: boolean): boolean => {
    // The rules of the deepest folder that says something count.
    for (let folder = dirname(path); ; folder = dirname(folder)) {
      const verdict = rules.get(folder)?.test(withSlashes(relative(folder, path), isFolder));
      if (verdict?.ignored === true) return true;
      if (verdict?.unignored === true) return false;
      if (folder === dirname(folder)) return false;
    }
  };
  const above = foldersAbove(root);
  for (const folder of above) await read(folder);
  if (above.some((folder) => isBelowIgnored(folder, root, ignores))) rules.clear();
  return { enter: read, ignores };
}

/** From that of the repository down to the one that `root` is in; none where there is no repository. */
function foldersAbove(root: string): string[] {
  const found: string[] = [];
  for (let folder = root; ; folder = dirname(folder)) {
    if (folder !== root) found.unshift(folder);
    if (existsSync(join(folder, ".git"))) return found;
    if (folder === dirname(folder)) return [];
  }
}

/** Whether one of the folders between is left out, and so all that is in it. */
function isBelowIgnored(top: string, root: string, ignores: IgnoreFiles["ignores"]): boolean {
  for (let folder = root; folder !== top; folder = dirname(folder)) if (ignores(folder, true)) return true;
  return false;
}

function withSlashes(path: string, isFolder: boolean): string {
  return `${path.replaceAll(sep, "/")}${isFolder ? "/" : ""}`;
}

async function textOf(path: string): Promise<string> {
  try {
    const found = await lstat(path);
    return found.isFile() && found.size <= mostBytes ? await readFile(path, "utf8") : "";
  } catch {
    // None, or none that can be read: it leaves nothing out then.
    return "";
  }
}

const mostBytes = 1_000_000;

/** Each `**` may be any number of folders: with many of them one path takes minutes, for git too. */
function isQuick(pattern: string): boolean {
  return pattern.split("**").length <= 5;
}
