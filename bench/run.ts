import { cpus } from "node:os";
import { abort } from "./abort.ts";
import { durability } from "./durability.ts";
import { eventLoop } from "./event-loop.ts";
import { fanOut } from "./fan-out.ts";
import { graphBesideLoop } from "./graph.ts";
import { handOver } from "./hand-over.ts";
import type { Row } from "./measure.ts";
import { calls } from "./sandbox/calls.ts";
import { handOverSizes } from "./sandbox/hand-over-sizes.ts";
import { longText } from "./sandbox/long-text.ts";
import { output } from "./sandbox/output.ts";
import { fromSigkill } from "./sigkill.ts";
import { sizing } from "./sizing.ts";
import { start } from "./start.ts";
import { cutting } from "./tools-decompose.ts";
import { searching } from "./tools-search.ts";
import { passing } from "./tools-start.ts";
import { turnOverhead } from "./turns.ts";

/** `pnpm bench`, `pnpm bench durability`, `pnpm bench sandbox`, `pnpm bench sizing`, `pnpm bench tools`. */
const groups: Record<string, (() => Promise<Row[]>)[]> = {
  all: [
    start,
    turnOverhead,
    fanOut,
    graphBesideLoop,
    handOver,
    eventLoop,
    durability,
    fromSigkill,
    abort,
    passing,
    cutting,
    searching,
  ],
  durability: [durability, fromSigkill],
  sandbox: [start, calls, output, handOverSizes, longText],
  sizing: [sizing],
  tools: [passing, cutting, searching],
};
const name = process.argv[2] ?? "all";
const measures = groups[name];
if (measures === undefined) {
  console.error(`Unknown bench "${name}": expected ${Object.keys(groups).join(" or ")}`);
  process.exit(2);
}

// One run, one table: no figure stands without the work that it is compared with.
const machine = `${process.platform} ${process.arch}, ${cpus().length} × ${cpus()[0]?.model ?? "?"}`;
console.log(`Node ${process.version}, ${machine}\n`);
const rows: Row[] = [];
for (const measure of measures) {
  console.error(`measuring: ${measure.name}`);
  rows.push(...(await measure()));
}

const lines = [
  ["", "ours", "bare", "", ""],
  ...rows.map(({ what, ours, bare, beside, result }) => [what, ours, bare, beside, result]),
];
const width = (column: number) => Math.max(...lines.map((line) => line[column]?.length ?? 0));
for (const line of lines) {
  const cells = line.map((cell, column) => cell.padEnd(width(column)));
  console.log(cells.join("  ").trimEnd());
}
