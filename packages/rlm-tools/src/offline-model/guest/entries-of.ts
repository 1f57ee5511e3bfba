/** One text in a context: where it is, and the short values that stand beside it in its record (a year, a name). */
export interface Entry {
  path: string;
  text: string;
  fields: Record<string, string | number | boolean>;
}

/**
 * All texts of a context of any form. In a list of records the longest strings are the texts and the short ones labels.
 * Guest code: self-contained.
 */
export function entriesOf(context: unknown, name = "context"): Entry[] {
  const entries: Entry[] = [];
  const labelLength = 80;
  const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;
  const isRecord = (value: unknown) => isObject(value) && !Array.isArray(value);
  const below = (path: string, key: string) =>
    /^[A-Za-z_$][\w$]*$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`;
  const visit = (value: unknown, path: string, fields: Entry["fields"]) => {
    if (typeof value === "string") entries.push({ path, text: value, fields });
    else if (Array.isArray(value)) visitList(value, path, fields);
    else if (isObject(value)) for (const [key, item] of Object.entries(value)) visit(item, below(path, key), fields);
  };
  const visitList = (list: unknown[], path: string, outer: Entry["fields"]) => {
    const longest = new Map<string, number>();
    const holders = new Set<string>();
    for (const [key, item] of list.filter(isRecord).flatMap((record) => Object.entries(record as object))) {
      if (typeof item === "string") longest.set(key, Math.max(longest.get(key) ?? 0, item.length));
      else if (isObject(item)) holders.add(key);
    }
    // Where records hold lists or records themselves, the texts are in there, or beside them under the same key.
    const most = holders.size > 0 ? Infinity : Math.max(0, ...longest.values());
    const isLabel = (key: string, item: unknown) => {
      if (typeof item !== "string") return typeof item === "number" || typeof item === "boolean";
      const length = longest.get(key) ?? 0;
      return length <= labelLength && length !== most && !holders.has(key);
    };
    list.forEach((item, index) => {
      const place = `${path}[${index}]`;
      if (!isRecord(item)) return visit(item, place, outer);
      const pairs = Object.entries(item as object);
      const labels = Object.fromEntries(pairs.filter(([key, value]) => isLabel(key, value)));
      for (const [key, value] of pairs)
        if (!isLabel(key, value)) visit(value, below(place, key), { ...outer, ...labels });
    });
  };
  visit(context, name, {});
  return entries;
}
