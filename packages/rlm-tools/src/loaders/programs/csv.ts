import papa from "papaparse";
import { convertedText } from "./converted.ts";
import { dataText } from "./data-text.ts";

/** Looks whether a table of text can be told apart into rows. Throws an Error in words for people; its text is read where it is. */
export function work(bytes: Buffer): string {
  let rows = 0;
  let broken: { message: string; row: number } | undefined;
  papa.parse<unknown[]>(dataText(bytes), {
    skipEmptyLines: "greedy",
    step({ errors }, parser) {
      const wrong = errors.find(({ type }) => type === "Quotes");
      if (wrong !== undefined) {
        broken = { message: wrong.message, row: rows + 1 };
        parser.abort();
      }
      rows += 1;
    },
  });
  if (broken !== undefined) throw new Error(`it is no CSV: row ${broken.row}: ${broken.message}`);
  if (rows === 0) throw new Error("it has no rows");
  return convertedText("");
}
