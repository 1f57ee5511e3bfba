import { readRows } from "../../rows/read-rows.ts";
import { contextKey, type MachineContext } from "./machine.ts";

/** What the code's contexts are read by, key by key: parts of texts, rows, members, the last two as JSON. */
export interface ContextReaders {
  text(name: string, from: number, to: number): string;
  rows(name: string, row: number): string;
  member(name: string, index: number): string;
}

/** Throws where the file is no longer what it was. */
export function contextReaders(contexts: readonly MachineContext[]): ContextReaders {
  const byName = new Map(
    contexts.flatMap((context) => ("paged" in context ? [[contextKey(context), context] as const] : [])),
  );

  return {
    text: (name, from, to) => byName.get(name)?.paged.read(from, Math.min(to, from + maxReadChars)) ?? "",
    rows(name, row) {
      const { paged, view } = byName.get(name) ?? {};
      if (paged === undefined || view === undefined || !("rows" in view)) return none;
      const { first, json } = readRows(paged, view.rows, row);
      return `{"first":${first},"rows":${json}}`;
    },
    member(name, index) {
      const { paged, view } = byName.get(name) ?? {};
      const member = view !== undefined && "object" in view ? view.object[index] : undefined;
      return paged === undefined || member === undefined ? "null" : paged.read(member[1], member[2]);
    },
  };
}

const none = '{"first":0,"rows":[]}';
// More than a search reads at once.
const maxReadChars = 17_000_000;
