import { named } from "rlm-core";
import { load, UnreadError, type Loaded } from "rlm-tools/loaders";
import { plural } from "../live-tree/words.ts";
import { plainLine } from "../plain-text.ts";
import { readArguments } from "./context-arguments.ts";
import type { LoadedContext, LoadOptions } from "./loaded-context.ts";
import { tellLoaded, unreadError } from "./unread-words.ts";

/** Reads what `--context` names. Throws InputError. */
export async function loadContext(given: readonly string[], options: LoadOptions): Promise<LoadedContext> {
  const groups = new Map<string, string[]>();
  const parts = await readArguments(given, options.io.cwd);
  for (const { name, path } of parts) groups.set(name, [...(groups.get(name) ?? []), path]);
  const loaded: [string, Loaded][] = [];
  for (const [name, paths] of groups) loaded.push([name, await loadGroup(paths, options)]);
  const all = loaded.map(([, one]) => one);
  const documents = all.flatMap((one) => one.documents);
  const sum = (field: "bytes" | "chars"): number => documents.reduce((total, one) => total + one[field], 0);
  const names = [...groups.keys()];
  const [only] = all;
  const alone = names.length === 1 && names[0] === "context" && only !== undefined;
  return {
    context: alone ? only.context : named(Object.fromEntries(loaded.map(([name, { context }]) => [name, context]))),
    words: `${alone ? "" : `${names.join(", ")}: `}${plural(documents.length, "file")}, ${plural(sum("chars"), "character")}`,
    bytes: sum("bytes"),
    chars: sum("chars"),
    length: all.reduce((total, { length }) => total + length, 0),
    async *pieces() {
      for (const one of documents) yield* one.pieces();
    },
  };
}

/** What has one name. */
async function loadGroup(paths: readonly string[], options: LoadOptions): Promise<Loaded> {
  const { io, signal, encoding, temporary, progress, say } = options;
  if (paths.includes("-") && io.stdin.isTTY === true)
    say("Reading the context from the terminal: end it with Ctrl-D on a line of its own.");
  let doing = "Reading the context";
  const loading = {
    cwd: io.cwd,
    stdin: io.stdin,
    encoding,
    signal,
    newFile: (name: string) => temporary.create(name),
    onProgress: (words: string) => (doing = words),
  };
  try {
    const loaded = await progress.during(
      () => plainLine(doing, 160),
      async () => await load(paths, loading),
    );
    tellLoaded(loaded, options);
    return loaded;
  } catch (error) {
    throw error instanceof UnreadError
      ? unreadError({ name: error.file, reason: error.reason, why: error.why }, encoding)
      : error;
  }
}
