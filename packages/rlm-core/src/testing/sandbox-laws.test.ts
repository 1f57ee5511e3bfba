import { afterAll, describe, it } from "vitest";
import type { SessionOptions } from "../sandbox.ts";
import { isolate } from "../sandboxes/isolate/isolate.ts";
import { lawLimits } from "./laws/recorder.ts";
import { sandboxLaws } from "./sandbox-laws.ts";

const sandbox = isolate();
afterAll(() => sandbox.close());

const defaults: SessionOptions = {
  contexts: [],
  read: (ref) => Promise.reject(new Error(`there is no text ${ref}`)),
  stream: (ref) => {
    throw new Error(`there is no context ${ref}`);
  },
  seed: 1,
  queries: true,
  tools: [],
  kits: [],
  limits: lawLimits,
};

describe("isolate()", () => {
  for (const law of sandboxLaws) it(law.name, () => law.holds((options) => sandbox.open({ ...defaults, ...options })));
});
