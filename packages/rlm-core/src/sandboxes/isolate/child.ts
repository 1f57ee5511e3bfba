import { createMachine } from "./create-machine.ts";
import { serve } from "./serve.ts";

await serve(createMachine);
