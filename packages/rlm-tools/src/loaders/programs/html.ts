import { isUtf8 } from "node:buffer";
import htmlEncodingSniffer from "html-encoding-sniffer";
import { convertedText } from "./converted.ts";
import { readable } from "./readable.ts";

/** The readable text of an HTML document, in the encoding of its mark, else that it declares, else UTF-8 if it is that, else windows-1252, as browsers have it. */
export default function html(bytes: Buffer): string {
  const encoding = htmlEncodingSniffer(bytes, { defaultEncoding: isUtf8(bytes) ? "UTF-8" : "windows-1252" });
  const text = readable(new TextDecoder(encoding).decode(bytes));
  if (!/\S/.test(text)) throw new Error("it has no text that a person would read");
  return convertedText(text, encoding === "UTF-8" ? {} : { encoding });
}
