/** What the system says of a file, in words. */
export function problemWords(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return ("code" in cause ? words[String(cause.code)] : undefined) ?? cause.message;
}

const missing = "there is no such file or folder";
const forbidden = "this user may not do that";
const words: Record<string, string> = {
  ENOENT: missing,
  ENOTDIR: missing,
  EACCES: forbidden,
  EPERM: forbidden,
  EISDIR: "it is a folder",
  EROFS: "nothing can be written there",
  ENOSPC: "the disk is full",
};
