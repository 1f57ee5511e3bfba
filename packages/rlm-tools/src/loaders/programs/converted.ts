/** What a program of this folder gives beside the text. */
export interface ConvertedNotes {
  /** The encoding of the bytes, where it had to be found out. */
  encoding?: string;
  /** What of the document could not be read, in words. */
  problems?: string[];
}

/** One text of both, for that is what a confined process answers with: the notes as JSON in its first line. */
export function convertedText(text: string, notes: ConvertedNotes = {}): string {
  return `${JSON.stringify(notes)}\n${text}`;
}
