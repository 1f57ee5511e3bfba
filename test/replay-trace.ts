// Run by a test in a process of its own: replays a trajectory without any model and prints the hashes of all variables.
import { readFileSync } from "node:fs";
import { isolate } from "rlm-core";
import { readTrajectory } from "rlm-core/trajectory";
import { replayTrajectory } from "rlm-core/replay";

const [trace = "", context = ""] = process.argv.slice(2);
const sandbox = isolate({ warm: 0 });
const runs = await replayTrajectory(await readTrajectory(trace), { context: readFileSync(context, "utf8"), sandbox });
console.log(JSON.stringify(runs.map(({ depth, hash }) => ({ depth, hash }))));
await sandbox.close();
