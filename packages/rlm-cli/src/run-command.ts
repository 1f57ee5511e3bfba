import { CommanderError, type Command } from "commander";
import { InputError, RlmError } from "rlm-core";
import { exitCodes } from "./exit-codes.ts";
import type { Io } from "./io.ts";
import { plainText } from "./plain-text.ts";
import { write } from "./write.ts";

/** Reads a command line and runs what it says; `build` gets what hears the exit code. What is wrong with the usage is told on stderr. */
export async function runCommand(
  argv: readonly string[],
  io: Io,
  build: (ended: (code: number) => void) => Command,
): Promise<number> {
  let exitCode: number = exitCodes.answered;
  const command = build((code) => (exitCode = code));
  // A reader that is gone is told to whoever writes; without a listener it would end the process.
  const ignore = (): void => {};
  io.stdout.on("error", ignore);
  io.stderr.on("error", ignore);
  let out = "";
  for (const one of [command, ...command.commands])
    one
      .exitOverride()
      .showHelpAfterError(
        `(${one.parent === null ? "" : `${one.parent.name()} `}${one.name()} --help shows how it is used)`,
      )
      .configureOutput({
        writeOut: (text) => (out += text),
        writeErr: (text) => io.stderr.write(plainText(text)),
        getOutHelpWidth: () => io.stdout.columns ?? 100,
        getErrHelpWidth: () => io.stderr.columns ?? 100,
        getOutHasColors: () => false,
        getErrHasColors: () => false,
      });
  try {
    await command.parseAsync(argv, { from: "user" });
  } catch (error) {
    exitCode = codeOf(error, io);
  }
  await write(io.stdout, out);
  io.stdout.removeListener("error", ignore);
  io.stderr.removeListener("error", ignore);
  return exitCode;
}

function codeOf(error: unknown, io: Io): number {
  // Commander has written its own words; help and version are no errors.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.answered : exitCodes.usage;
  if (!(error instanceof RlmError)) throw error;
  io.stderr.write(`error: ${plainText(error.message)}\n`);
  return error instanceof InputError ? exitCodes.usage : exitCodes.failed;
}
