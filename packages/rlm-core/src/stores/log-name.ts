// Short of the 255 bytes that file systems allow for one name.
const segmentLength = 200;
const extension = ".jsonl";

/**
 * The file of a log, relative to the folder of logs. Only a-z, 0-9, `_` and `-` stand for themselves: no key leaves the
 * folder, and keys that differ in case stay apart on file systems that ignore it. Long names become nested folders.
 */
export function logName(key: string): string {
  const bytes = Buffer.from(key, "utf8").toString("latin1");
  const name = bytes.replaceAll(/[^a-z0-9_-]/g, (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, "0")}`);
  const segments = name.match(new RegExp(`.{1,${segmentLength}}`, "g")) ?? [""];
  return segments.join("/") + extension;
}

/** The key of a log's file; undefined for a file that is no log. */
export function logKey(path: string): string | undefined {
  if (!path.endsWith(extension)) return undefined;
  const name = path.slice(0, -extension.length).replaceAll(/[/\\]/g, "");
  try {
    return decodeURIComponent(name);
  } catch {
    return undefined;
  }
}
