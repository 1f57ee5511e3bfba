import { createMachine } from "./create-machine.ts";
import { prepareIsolate } from "./open-isolate.ts";
import { serve } from "./serve.ts";

await serve({ createMachine, prepare: prepareIsolate });
