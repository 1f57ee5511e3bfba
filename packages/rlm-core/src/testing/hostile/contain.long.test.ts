import { describe, it } from "vitest";
import { isolateLaws } from "../../sandboxes/isolate/testing/hold-law.ts";
import { hostileLaws } from "./hostile-laws.ts";

describe("isolate()", () => {
  for (const law of isolateLaws(hostileLaws)) it(law.name, () => law.holds());
});
