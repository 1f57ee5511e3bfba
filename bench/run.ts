import { cpus } from "node:os";
import { fanOut } from "./fan-out.ts";
import { handOver } from "./hand-over.ts";
import { start } from "./start.ts";
import { turnOverhead } from "./turns.ts";

// One run, one table: no figure stands without the work that it is compared with.
console.log(
  `Node ${process.version}, ${process.platform} ${process.arch}, ${cpus().length} × ${cpus()[0]?.model ?? "?"}\n`,
);
const rows = [];
for (const measure of [start, turnOverhead, fanOut, handOver]) rows.push(...(await measure()));
console.table(Object.fromEntries(rows.map(({ what, ...row }) => [what, row])));
