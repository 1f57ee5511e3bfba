import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { InputError } from "rlm-core";

/** What one `--context` says: a path, and the variable that it becomes. */
export interface ContextArgument {
  name: string;
  path: string;
}

/** Reads `PATH` and `name=PATH`; a file whose own name has such a form is a path. Throws InputError. */
export async function readArguments(given: readonly string[], cwd: string): Promise<ContextArgument[]> {
  if (given.length === 0)
    throw new InputError("No context: give --context PATH (a file, a folder, a glob in quotes, or - for stdin)");
  const read: ContextArgument[] = [];
  for (const argument of given) {
    if (argument === "") throw new InputError('Expected --context to be a path, got ""');
    const [, name, path] = /^([\p{ID_Start}$_][\p{ID_Continue}$]*)=(.+)$/su.exec(argument) ?? [];
    const isNamed = name !== undefined && path !== undefined && !(await exists(resolve(cwd, argument)));
    read.push(isNamed ? { name, path } : { name: "context", path: argument });
  }
  if (read.filter(({ path }) => path === "-").length > 1)
    throw new InputError("Cannot read stdin twice: give --context - once");
  return read;
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}
