import { extname } from "node:path";
import { byteChunks, type OpeningOptions } from "./byte-chunks.ts";
import { UnreadError } from "./unread.ts";

/** What a file is: `text` is everything that is its own text, source code and Markdown too. */
export type DocumentKind = "text" | "csv" | "json" | "jsonl" | "html" | "pdf" | "docx";

/** Tells it by the first bytes, where those are a format's own, else by the end of the name. Throws UnreadError for formats that hold a text, but none that is read here. */
export async function documentKind(path: string, shown: string, options: OpeningOptions): Promise<DocumentKind> {
  const head = await headOf(path, shown, options);
  const ending = extname(shown).toLowerCase();
  // What has the ending of another kind, such as source code, may well speak of these.
  const isOpen = ending === "" || ending === ".pdf";
  if (head.startsWith("%PDF-") || (isOpen && head.includes("%PDF-"))) return "pdf";
  if (/^PK(\x03\x04|\x05\x06)/.test(head)) {
    if (ending === ".docx" || ending === ".docm" || ending === "") return "docx";
    throw new UnreadError(shown, "not-text", "it is not text (it is a ZIP archive)");
  }
  if (head.startsWith("\xd0\xcf\x11\xe0"))
    throw new UnreadError(
      shown,
      "broken",
      "it is an old Office document, or an encrypted one; save it as .docx without a password first",
    );
  if (ending === ".pdf" || ending === ".docx")
    throw new UnreadError(shown, "broken", head === "" ? "it is empty" : `it is no ${ending.slice(1).toUpperCase()}`);
  if (ending === "" && /^(\xef\xbb\xbf)?\s*<(!doctype html|html)\b/i.test(head)) return "html";
  return byEnding[ending] ?? "text";
}

const byEnding: Record<string, DocumentKind> = {
  ".html": "html",
  ".htm": "html",
  ".xhtml": "html",
  ".csv": "csv",
  ".tsv": "csv",
  ".json": "json",
  ".jsonl": "jsonl",
  ".ndjson": "jsonl",
};

/** As many bytes as a format may have before its mark, a character each. */
async function headOf(path: string, shown: string, options: OpeningOptions): Promise<string> {
  for await (const chunk of byteChunks(path, shown, { ...options, chunkBytes: headBytes }))
    return chunk.toString("latin1", 0, headBytes);
  return "";
}

// A PDF may have so much before "%PDF-" (PDF 1.7, implementation note 13).
const headBytes = 1_024;
