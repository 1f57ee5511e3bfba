import { isAscii, isUtf8 } from "node:buffer";
import htmlEncodingSniffer from "html-encoding-sniffer";
import { convertedText } from "./converted.ts";
import { readable } from "./readable.ts";

/** The readable text of an HTML document. Throws an Error in words for people. */
export function work(bytes: Buffer): string {
  const encoding = encodingOf(bytes);
  const { text, problems } = readable(new TextDecoder(encoding).decode(bytes));
  if (!/\S/.test(text)) throw new Error("it has no text that a person would read");
  return convertedText(text, { ...(encoding !== "UTF-8" && { encoding }), ...(problems.length > 0 && { problems }) });
}

/** That of its mark, else what it declares, else windows-1252, as browsers have it; but what can only be UTF-8 is that, whatever it declares. */
function encodingOf(bytes: Buffer): string {
  if (isUtf8(bytes) && !isAscii(bytes)) return "UTF-8";
  return htmlEncodingSniffer(bytes, { defaultEncoding: isAscii(bytes) ? "UTF-8" : "windows-1252" });
}
