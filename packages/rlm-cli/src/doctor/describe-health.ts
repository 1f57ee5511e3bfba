import type { Layer } from "rlm-core";
import { plainText } from "../plain-text.ts";

/** What `rlm doctor` found. */
export interface Health {
  node: string;
  v8: string;
  platform: string;
  /** Whether a session opened and computed. */
  works: boolean;
  problem?: string;
  /** Milliseconds from nothing to its first result. */
  startMs?: number;
  layers: Layer[];
}

/** The same, for people. */
export function describeHealth({ node, v8, platform, works, problem, startMs, layers }: Health): string {
  const lines = [
    `Node ${node}, V8 ${v8}, ${platform}`,
    works
      ? `The sandbox works: a session gave its first result after ${startMs} ms.`
      : `No sandbox starts here: ${plainText(problem ?? "it is not known why")}`,
    "",
    ...layers.flatMap(describeLayer),
    "",
    verdict(layers.filter(({ active }) => !active)),
  ];
  return `${lines.join("\n")}\n`;
}

function describeLayer({ name, active, purpose, without, remedy }: Layer): string[] {
  const head = `${active ? "yes" : "NO "}  ${name.padEnd(nameWidth)}  ${purpose}`;
  const more = (word: string, text: string | undefined): string[] =>
    text === undefined ? [] : [`${" ".repeat(nameWidth + 7)}${word}: ${text}`];
  return [head, ...more("without it", without), ...more("to get it", remedy)];
}

const nameWidth = 16;

function verdict(missing: readonly Layer[]): string {
  if (missing.length === 0)
    return "All layers are active: code that broke out of its isolate could still open no file, reach no network and see no other process.";
  const names = missing.map(({ name }) => name).join(", ");
  return `Missing here: ${names}. The isolate itself holds without them; they are for the day when it does not. docs/sandbox.md says more.`;
}
