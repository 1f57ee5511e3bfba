/** The most UTF-16 code units of one context; V8's own limit for a string is 536,870,888. */
export const maxContextLength = 500_000_000;

/** The most characters of a prefix. */
export const prefixLength = 500;

/** The first characters, whole ones, copied: a slice would keep the long text in memory. */
export function prefixOf(text: string): string {
  const prefix = Buffer.from(text.slice(0, prefixLength), "utf16le").toString("utf16le");
  const last = prefix.charCodeAt(prefix.length - 1);
  const cutsPair = text.length > prefixLength && last >= 0xd800 && last <= 0xdbff;
  return cutsPair ? prefix.slice(0, -1) : prefix;
}
