// Writes the trajectories under test/fixtures that test/fixtures.test.ts replays. Kept, for a version that changes what is
// recorded adds a folder of its own, and still has to read the older ones:
//   npx -y pnpm@12.21.0 exec node -C rlm-source test/make-fixtures.ts test/fixtures/v1
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { file, isolate, runRlm, type ContextInput, type RlmOptions } from "rlm-core";
import { replayTrajectory } from "rlm-core/replay";
import { readTrajectory, trajectoryWriter } from "rlm-core/trajectory";
import { fixtureJobs } from "./fixture-jobs.ts";

const folder = process.argv[2];
if (folder === undefined) throw new Error("Give the folder to write to");
mkdirSync(folder, { recursive: true });
const sandbox = isolate();
for (const { name, context, rows = false, ...options } of fixtureJobs) {
  const contextPath = join(folder, `${name}.${rows ? "context.jsonl" : "context.txt"}`);
  writeFileSync(contextPath, context);
  const given: ContextInput = rows ? file(contextPath, { format: "jsonl" }) : context;
  const path = join(folder, `${name}.jsonl`);
  const writer = trajectoryWriter(path, { overwrite: true });
  const all: RlmOptions = { ...options, sandbox, onEvent: writer.onEvent };
  const answer = await runRlm({ query: `fixture ${name}`, context: given }, all).then(
    (result) => result.answer,
    (error: unknown) => {
      if (name !== "failed") throw error;
      return { error: String(error) };
    },
  );
  await writer.close();
  const replayed = await replayTrajectory(await readTrajectory(path), { context: given, sandbox });
  const sessions = replayed.map(({ hash, variables }) => ({ hash, variables: variables.map((one) => one.name) }));
  writeFileSync(join(folder, `${name}.expected.json`), `${JSON.stringify({ answer, sessions }, null, 2)}\n`);
}
await sandbox.close();
