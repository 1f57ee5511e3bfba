import { cpus } from "node:os";
import { eventLoop } from "./event-loop.ts";
import { fanOut } from "./fan-out.ts";
import { graphBesideLoop } from "./graph.ts";
import { handOver } from "./hand-over.ts";
import { start } from "./start.ts";
import { turnOverhead } from "./turns.ts";

// One run, one table: no figure stands without the work that it is compared with.
const machine = `${process.platform} ${process.arch}, ${cpus().length} × ${cpus()[0]?.model ?? "?"}`;
console.log(`Node ${process.version}, ${machine}\n`);
const rows = [];
const measures = [start, turnOverhead, fanOut, graphBesideLoop, handOver, eventLoop];
for (const measure of measures) rows.push(...(await measure()));

const lines = [
  ["", "ours", "bare", "", ""],
  ...rows.map(({ what, ours, bare, beside, result }) => [what, ours, bare, beside, result]),
];
const width = (column: number) => Math.max(...lines.map((line) => line[column]?.length ?? 0));
for (const line of lines) {
  const cells = line.map((cell, column) => cell.padEnd(width(column)));
  console.log(cells.join("  ").trimEnd());
}
