import type { RlmResult } from "rlm-core";
import { exitCodes } from "../exit-codes.ts";
import type { Io } from "../io.ts";
import { write } from "../write.ts";
import { evidenceOf, type AnswerOptions } from "./answer.ts";
import type { AskRequest } from "./ask-request.ts";
import { answerText, notesOf } from "./report.ts";

/** Gives an answer that is recorded; gives the exit code that it was given with. `trace`: where it is recorded, if in a trace. */
export async function tellRecorded(
  result: RlmResult<unknown>,
  request: AskRequest,
  io: Io,
  { trace, places }: { trace?: string; places?: AnswerOptions["places"] } = {},
): Promise<number> {
  const { json, quiet } = request;
  const isTTY = io.stdout.isTTY === true;
  const evidence = await evidenceOf(result, places);
  await write(
    io.stdout,
    answerText(
      { result, largestRequest: 0 },
      { json, shown: undefined, trace, isTTY, evidence, cwd: quiet ? undefined : io.cwd },
    ),
  );
  if (!quiet)
    for (const note of ["The recorded answer: nothing was asked.", ...notesOf({ result }, request)])
      io.stderr.write(`${note}\n`);
  return result.status === "concluded" ? exitCodes.concluded : exitCodes.answered;
}
