import { getDocumentProxy, getResolvedPDFJS } from "unpdf";
import { convertedText } from "./converted.ts";

// Loaded on first use otherwise, when nothing may be opened any more.
const { VerbosityLevel } = await getResolvedPDFJS();

/** The text of a PDF. Of several pages each begins with a line that numbers it, for whoever reads only a part of the text, and a form feed stands between them, as pdftotext has it. Throws an Error in words for people. */
export async function work(bytes: Buffer): Promise<string> {
  const maps = new Set<string>();
  const document = await getDocumentProxy(new Uint8Array(bytes), {
    verbosity: VerbosityLevel.ERRORS,
    // Nothing is drawn, so nothing that draws has to be found.
    disableFontFace: true,
    useSystemFonts: false,
    useWasm: false,
    BinaryDataFactory: noData(maps),
  }).catch((error: unknown) => {
    throw new Error(reasonOf(error), { cause: error });
  });
  const pages: string[] = [];
  const failed: number[] = [];
  for (let number = 1; number <= document.numPages; number += 1) {
    try {
      const page = await document.getPage(number);
      const { items } = await page.getTextContent();
      const text = items.map((item) => ("str" in item ? item.str + (item.hasEOL ? "\n" : "") : "")).join("");
      pages.push(text.replaceAll("\f", " "));
      page.cleanup();
    } catch {
      failed.push(number);
      pages.push("");
    }
  }
  if (failed.length === pages.length) throw new Error("it is damaged: none of its pages can be read");
  const text =
    pages.length === 1 ? pages.join("") : pages.map((page, index) => `[page ${index + 1}]\n${page}`).join("\n\f");
  const problems = [
    ...(failed.length === 0 ? [] : [`${pagesInWords(failed)} cannot be read`]),
    ...(maps.size === 0 ? [] : [`text in fonts with the character map ${[...maps].join(", ")} cannot be read`]),
  ];
  if (pages.some((page) => /\S/.test(page))) return convertedText(text, problems.length === 0 ? {} : { problems });
  if (problems.length > 0) throw new Error(`it has no other text: ${problems.join("; ")}`);
  throw new Error(
    "it has no text: its pages are images, empty or damaged; recognise the text of images first, for instance by ocrmypdf",
  );
}

/** Stands for the files that the library asks for; tells which of them a text needs. */
function noData(maps: Set<string>): new () => { fetch(asked: { kind: string; filename: string }): Promise<never> } {
  return class {
    fetch({ kind, filename }: { kind: string; filename: string }): Promise<never> {
      if (kind === "cMapUrl") maps.add(filename.replace(/\.bcmap$/, ""));
      return Promise.reject(new Error(`there is no ${filename}`));
    }
  };
}

function reasonOf(error: unknown): string {
  const name = error instanceof Error ? error.name : "";
  if (name === "PasswordException")
    return "it is encrypted: take the password off first, for instance by qpdf --decrypt";
  return `it is damaged, or no PDF (${error instanceof Error ? error.message : String(error)})`;
}

function pagesInWords(numbers: number[]): string {
  const shown = numbers.slice(0, 10).join(", ");
  return `${numbers.length === 1 ? "page" : "pages"} ${shown}${numbers.length > 10 ? ", …" : ""}`;
}
