import mammoth from "mammoth";
import { convertedText } from "./converted.ts";
import { readable } from "./readable.ts";

// Pictures have no text, and would come along as long data: addresses.
const convertImage = mammoth.images.imgElement(() => Promise.resolve({ src: "" }));

/** The text of a Word document: headings as in Markdown, lists, tables and notes as text. Throws an Error in words for people. */
export async function work(bytes: Buffer): Promise<string> {
  const { value } = await mammoth
    .convertToHtml({ buffer: bytes }, { convertImage, includeEmbeddedStyleMap: false, externalFileAccess: false })
    .catch((error: unknown) => {
      throw new Error(`it is damaged, or no Word document (${firstLine(error)})`, { cause: error });
    });
  const { text, problems } = readable(value);
  if (!/\S/.test(text)) throw new Error("it has no text");
  return convertedText(text, problems.length > 0 ? { problems } : {});
}

/** Of what the parser of XML says only the first line is about the document. */
function firstLine(error: unknown): string {
  const [line = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
  return line.replace(/^error: \[xmldom error\]\s*/, "").slice(0, 200);
}
