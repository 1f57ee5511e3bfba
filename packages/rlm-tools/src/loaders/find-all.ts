import { InputError } from "rlm-core";
import { findFiles, type FoundFile } from "./find-files.ts";
import type { LoadOptions } from "./loaded.ts";
import { openPipe } from "./open-pipe.ts";
import { spool, type SpoolOptions } from "./spool.ts";

export interface AllFound {
  files: FoundFile[];
  /** Whether they are one document, that was given by its own path. */
  alone: boolean;
  leftOut: string[];
}

/** The files of all paths, each once, as they were given; what can be read only once is copied. Throws InputError. */
export async function findAll(
  paths: readonly string[],
  { cwd, stdin, newFile, onProgress, signal }: Required<Pick<LoadOptions, "cwd" | "newFile">> & LoadOptions,
): Promise<AllFound> {
  if (paths.filter((path) => path === "-").length > 1) throw new InputError("Cannot read stdin twice: give - once");
  const spooling = { signal, newFile };
  const files = new Map<string, FoundFile>();
  const keys = new Set<string>();
  const add = (file: FoundFile): void => {
    const there = files.get(file.path);
    if (there !== undefined) {
      there.named ||= file.named;
      return;
    }
    // Two places may be called alike: what stdin said, and a file of that name.
    for (let number = 2, name = file.key; keys.has(file.key); number += 1) file.key = `${name} (${number})`;
    keys.add(file.key);
    files.set(file.path, file);
  };
  const pipes = new Set<string>();
  const leftOut: string[] = [];
  let alone = true;
  for (const given of paths) {
    if (given === "-") {
      const options = {
        ...spooling,
        onBytes: (bytes: number) => onProgress?.(`Reading stdin: ${number(bytes)} bytes`),
      };
      const path = await spool(stdin ?? process.stdin, "stdin", options);
      add({ path, key: "stdin", named: true });
      continue;
    }
    onProgress?.(`Looking for files in ${given}`);
    const found = await findFiles(given, cwd, signal);
    if (found.many) alone = false;
    if (found.skipped.length > 0) leftOut.push(`${given}: ${found.skipped.join(", ")}`);
    for (const file of found.files) {
      if (file.pipe === true) {
        // It can be read once.
        if (pipes.has(file.path)) continue;
        pipes.add(file.path);
        file.path = await fromPipe(file, spooling, onProgress);
      }
      add(file);
    }
  }
  return { files: [...files.values()], alone: alone && files.size === 1, leftOut };
}

async function fromPipe(
  { path, key }: FoundFile,
  options: SpoolOptions,
  onProgress: LoadOptions["onProgress"],
): Promise<string> {
  onProgress?.(`Waiting for what writes to the pipe ${key}`);
  return await spool(openPipe(path, key), `pipe-${key.replace(/\W+/g, "-")}`, {
    ...options,
    onBytes: (bytes) => onProgress?.(`Reading ${key}: ${number(bytes)} bytes`),
  });
}

function number(value: number): string {
  return value.toLocaleString("en");
}
