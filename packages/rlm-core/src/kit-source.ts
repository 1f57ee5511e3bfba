import { sha256 } from "./hash.ts";
import { isKit, type Kit, type KitSource, type Tool } from "./tool.ts";

/** The kit as a session and a trajectory carry it. */
export function kitSource({ name, functions, tools = [], libraries = {} }: Kit): KitSource {
  const sources = Object.entries(functions).map(([key, { run }]) => [key, String(run)]);
  const hashes = Object.entries(libraries).map(([key, text]) => [key, libraryHash(text)]);
  return {
    name,
    functions: Object.fromEntries(sources),
    ...(tools.length > 0 && { tools: tools.map((tool) => tool.name) }),
    ...(hashes.length > 0 && { libraries: Object.fromEntries(hashes) }),
  };
}

/** The texts of all libraries, by their hashes. */
export function libraryTexts(tools: readonly (Tool | Kit)[]): Map<string, string> {
  const texts = tools.flatMap((tool) => (isKit(tool) ? Object.values(tool.libraries ?? {}) : []));
  return new Map(texts.map((text) => [libraryHash(text), text]));
}

// They are megabytes, and every session asks.
const hashesKept = 50;
const knownHashes = new Map<string, string>();

function libraryHash(text: string): string {
  const known = knownHashes.get(text);
  if (known !== undefined) return known;
  if (knownHashes.size >= hashesKept) knownHashes.clear();
  const hash = sha256(text);
  knownHashes.set(text, hash);
  return hash;
}
