import { isUtf8 } from "node:buffer";
import htmlEncodingSniffer from "html-encoding-sniffer";
import { convertedText } from "./converted.ts";
import { detectedText, type Detected } from "./detected-text.ts";
import { readable } from "./readable.ts";

/** The readable text of an HTML document. The input begins with a line that names its encoding, or is empty. */
export function work(input: Buffer): string {
  const end = input.indexOf("\n");
  const { text: source, notes } = decoded(input.subarray(end + 1), input.toString("latin1", 0, end));
  const { text, problems } = readable(source);
  const more = notes.problems ?? [];
  if (/\S/.test(text)) return convertedText(text, { ...notes, problems: [...more, ...problems] });
  const isBlank = !/\S/.test(source);
  const problem = "it has no text that a person would read; its source stands for it";
  return convertedText(source, { ...notes, problems: isBlank ? more : [...more, problem] });
}

function decoded(bytes: Buffer, said: string): Detected {
  // What can be UTF-8 is that, whatever it declares.
  const encoding = said || (isUtf8(bytes) ? "utf-8" : declared(bytes));
  // Latin1 is another than what the decoder calls so.
  if (encoding === "latin1") return { text: bytes.toString("latin1"), notes: {} };
  if (encoding !== undefined) return { text: new TextDecoder(encoding).decode(bytes), notes: {} };
  return (
    detectedText(bytes) ?? { text: new TextDecoder("windows-1252").decode(bytes), notes: { encoding: "windows-1252" } }
  );
}

/** What its mark or its own words say, if that is an encoding that is decoded. */
function declared(bytes: Buffer): string | undefined {
  // Where nothing is said, what was given as the default comes back: two of them show it.
  const [one, other] = ["UTF-8", "KOI8-R"].map((defaultEncoding) => htmlEncodingSniffer(bytes, { defaultEncoding }));
  if (one === undefined || one !== other || one === "replacement") return undefined;
  return one;
}
