import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { InputError } from "rlm-core";
import { quoted } from "../ask/same-flags.ts";
import type { Io } from "../io.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import type { Terminal } from "./terminal.ts";

/** Whether a person has said in which program they edit. */
export function hasEditor({ env }: Pick<Io, "env">): boolean {
  return (env.VISUAL || env.EDITOR || "") !== "";
}

/** Lets a person change a text in the program of VISUAL or EDITOR. Throws InputError where that fails. */
export async function editText(
  text: string,
  name: string,
  { env }: Pick<Io, "env">,
  { stdio }: Terminal,
): Promise<string> {
  const path = join(temporaryFolder("rlm-edit-"), name);
  const editor = env.VISUAL || env.EDITOR;
  try {
    writeFileSync(path, text, { mode: 0o600 });
    // By a shell, for the variable may hold options: "code --wait".
    const [code] = (await once(spawn(`${editor} ${quoted(path)}`, { shell: true, stdio }), "close")) as [number | null];
    if (code !== 0)
      throw new InputError(`Cannot edit: ${editor} ended with ${code ?? "a signal"}; set EDITOR to another`);
    return readFileSync(path, "utf8");
  } finally {
    rmSync(dirname(path), { recursive: true, force: true });
  }
}
