/** Marks a text of this name in the messages of one session. */
export type Mark = (text: string, name: string) => string;

export function markWith(seed: number): Mark {
  return (text, name) => marked(text, markOf(seed, name));
}

/** A text of which it has to be plain where it begins and ends: errors and previews quote contexts and replies as output does. */
export function marked(text: string, mark: string): string {
  return `<${mark}>\n${text}\n</${mark}>`;
}

/** Not guessable from inside the context, so that a text in it cannot end the data. */
export function markOf(seed: number, name = "data"): string {
  return `${name}-${(seed >>> 0).toString(36)}`;
}
