import { readFile } from "node:fs/promises";

/** A State of the Union address; see data/sotu/SOURCE.md. */
export interface Address {
  year: number;
  name: string;
  party: string;
  text: string;
}

/** All 233 addresses, by year. */
export async function loadAddresses(): Promise<Address[]> {
  const files = ["sotu-1", "sotu-2", "sotu-3"].map((name) => new URL(`../data/sotu/${name}.jsonl`, import.meta.url));
  const texts = await Promise.all(files.map((file) => readFile(file, "utf8")));
  return texts.flatMap((text) => text.trimEnd().split("\n")).map((line) => JSON.parse(line) as Address);
}
