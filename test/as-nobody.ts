// Run by a test as root: the command line of a user who may not read everything.
import { runProcess } from "rlm-cli";

// Loaded now: this user may not be allowed to read the repository.
await import("rlm-tools/offline-model");
if (process.getuid?.() === 0) {
  process.setgid?.(65534);
  process.setuid?.(65534);
}
await runProcess();
