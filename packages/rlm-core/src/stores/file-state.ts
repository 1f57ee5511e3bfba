/** What the system's error for a file that is written means for whoever reads it, and what to do. */
export function fileState(error: unknown): { state: string; advice: string } {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const [state, advice] = states[code] ?? [undefined, "see to that"];
  return { state: state === undefined ? String(error) : `${state} (${String(error)})`, advice };
}

const full = ["the disk is full", "free some space"] as const;
const forbidden = ["it may not be written", "make the folder and what is in it writable"] as const;

const states: Partial<Record<string, readonly [state: string, advice: string]>> = {
  ENOSPC: full,
  EDQUOT: full,
  EFBIG: ["the system lets the file grow no further", "raise that limit (ulimit -f)"],
  EACCES: forbidden,
  EPERM: forbidden,
  EROFS: forbidden,
  EIO: ["the disk does not take the data", "look whether it is gone or broken"],
  EMFILE: ["too many files are open", "raise that limit (ulimit -n)"],
};
