import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";

/** Keeps the folder of a cache to its size. */
export interface Sweeper {
  /** A file of so many bytes was added. Resolves when the folder holds no more than it may. */
  added(bytes: number): Promise<void>;
}

/**
 * Removes the files that were used longest ago, by their time of change. Other processes may add files too, so what is there
 * is looked at anew each time that this one has added a sixteenth of what fits.
 */
export function createSweeper(root: string, maxBytes: number, now: () => number): Sweeper {
  let total: number | undefined;
  let added = 0;
  let running: Promise<void> | undefined;

  return {
    async added(bytes) {
      added += bytes;
      // The second is for what was added while the first looked.
      for (let tries = 0; tries < 2 && isDue(); tries++) await (running ??= sweep());
    },
  };

  function isDue(): boolean {
    return total === undefined || total + added > maxBytes || added > maxBytes / 16;
  }

  async function sweep(): Promise<void> {
    try {
      const addedBefore = added;
      total = await sweepFolder(root, maxBytes, now());
      added -= addedBefore;
    } finally {
      running = undefined;
    }
  }
}

/** Gives the bytes that stay. */
async function sweepFolder(root: string, maxBytes: number, now: number): Promise<number> {
  const found = await filesOf(root);
  let total = found.reduce((sum, { bytes }) => sum + bytes, 0);
  // A writer that died left it.
  const left = found.filter(({ path, usedAt }) => path.endsWith(".tmp") && now - usedAt > 3_600_000);
  const entries = found.filter(({ path }) => path.endsWith(".entry")).sort((a, b) => a.usedAt - b.usedAt);
  // Somewhat below, or every further entry would have to look through the folder.
  const goal = total > maxBytes ? 0.9 * maxBytes : maxBytes;
  for (const { path, bytes } of left) {
    await rm(path, { force: true });
    total -= bytes;
  }
  for (const { path, bytes } of entries) {
    if (total <= goal) break;
    await rm(path, { force: true });
    total -= bytes;
  }
  return total;
}

interface Found {
  path: string;
  bytes: number;
  usedAt: number;
}

async function filesOf(root: string): Promise<Found[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && /\.(entry|tmp)$/.test(entry.name));
  const found: Found[] = [];
  for (const { parentPath, name } of files) {
    const path = join(parentPath, name);
    // Another process may have removed it.
    const there = await stat(path).catch(() => undefined);
    if (there !== undefined) found.push({ path, bytes: there.size, usedAt: there.mtimeMs });
  }
  return found;
}
