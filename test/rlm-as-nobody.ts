import { main, processIo } from "rlm-cli";
import { offlineModel } from "rlm-tools/offline-model";

/** `rlm` as a user who may read little: a test that runs as root could read everything. */
// Made before it drops its rights: the repository may be where nobody else can read.
const model = offlineModel();
if (process.getuid?.() === 0) {
  process.setgroups?.([65_534]);
  process.setgid?.(65_534);
  process.setuid?.(65_534);
}
process.exit(await main(process.argv.slice(2), { ...processIo(), openModel: async () => model }));
