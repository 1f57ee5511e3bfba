/** A text up to the first of the words that end it. */
export function cutAtStop(text: string, stop: readonly string[] = []): string {
  const places = stop.filter((word) => word !== "").map((word) => text.indexOf(word));
  const found = places.filter((place) => place >= 0);
  return found.length === 0 ? text : text.slice(0, Math.min(...found));
}
