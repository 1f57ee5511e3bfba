import { RlmError } from "rlm-core";
import { failureOf } from "./failure.ts";
import type { Io } from "../io.ts";
import { write } from "../write.ts";
import { failureText } from "./report.ts";

/** What goes wrong before a run: a program that asked for JSON gets its object of that too. */
export async function tellingJson(io: Io, json: boolean, work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RlmError && json)
      await write(io.stdout, failureText(failureOf(error, new AbortController().signal), { largestRequest: 0 }));
    throw error;
  }
}
