/** A text's beginning and end, of `most` characters together; a text that is no longer stays as it is. */
export function cutMiddle(text: string, most: number): string {
  if (text.length <= most) return text;
  const head = text.slice(0, Math.ceil(most / 2)).toWellFormed();
  const tail = text.slice(text.length - Math.floor(most / 2)).toWellFormed();
  return `${head}\n[${text.length - most} characters left out]\n${tail}`;
}
