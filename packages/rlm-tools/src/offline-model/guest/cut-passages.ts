/** A match of the searched term: from `at` to before `end` in the text of entry number `entry`. */
export interface Hit {
  entry: number;
  at: number;
  end: number;
}

/** A piece of a text around hits; `at` is the offset of its first hit. Each hit is in exactly one passage. */
export interface Passage {
  id: number;
  entry: number;
  at: number;
  text: string;
}

/**
 * Cuts the surroundings of hits out of texts: `reach` characters on both sides, hits that are near each other together
 * up to `size` characters. Cut ends are marked with an ellipsis. Guest code: self-contained.
 */
export function cutPassages(
  hits: readonly Hit[],
  texts: readonly string[],
  options: { reach: number; size: number },
): Passage[] {
  const { reach, size } = options;
  const groups: Hit[] = [];
  for (const hit of hits) {
    const last = groups.at(-1);
    const near = last?.entry === hit.entry && hit.at - last.end <= 2 * reach && hit.end - last.at <= size;
    if (near && last !== undefined) last.end = hit.end;
    else groups.push({ ...hit });
  }
  // A cut inside of a word could make a match that is none.
  const splits = (text: string, at: number) =>
    /^[\p{Lu}\p{Ll}\p{N}_]{2}$/u.test(text.slice(at - 1, at + 1)) || (text.codePointAt(at - 1) ?? 0) > 0xffff;
  return groups.map(({ entry, at, end }, id) => {
    const text = texts[entry] ?? "";
    const before = groups[id - 1];
    const after = groups[id + 1];
    let from = Math.max(at - reach, before?.entry === entry ? before.end : 0);
    let to = Math.min(end + reach, after?.entry === entry ? after.at : text.length);
    while (from > 0 && from < at && splits(text, from)) from++;
    while (to < text.length && to > end && splits(text, to)) to--;
    return { id, entry, at, text: `${from > 0 ? "… " : ""}${text.slice(from, to)}${to < text.length ? " …" : ""}` };
  });
}
