import { open, type FileHandle } from "node:fs/promises";
import { InputError, RlmError, SandboxError } from "../../errors.ts";
import { cannotOpen } from "../../file-ref.ts";
import type { PagedFile, SessionOptions } from "../../sandbox.ts";

/** A file that a child is to inherit. */
export interface OpenFile {
  fd: number;
  /** What the child has to know of it, and no more. */
  file: Omit<PagedFile, "path">;
}

/** Opens the files of the contexts that are read in parts, in their order; disposed when the child has them. */
export async function openFiles(
  { contexts, paged }: SessionOptions,
  signal: AbortSignal,
): Promise<OpenFile[] & AsyncDisposable> {
  const handles: FileHandle[] = [];
  const files: OpenFile[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(handles.map((handle) => handle.close()));
  };
  try {
    for (const context of contexts) {
      if (context.paged !== true) continue;
      if (paged === undefined)
        throw new SandboxError(
          `Cannot open a session: context "${context.name}" is paged, and there is no way to its file`,
        );
      if (files.length >= maxFiles)
        throw new InputError(
          `Cannot open a session: more than ${maxFiles} contexts are longer than a string can be; ask about fewer at once`,
        );
      const { path, ...file } = await paged(context.ref, signal);
      signal.throwIfAborted();
      const handle = await open(path).catch((cause: unknown) => {
        throw cannotOpen(path, cause);
      });
      handles.push(handle);
      const { size, mtimeNs } = await handle.stat({ bigint: true });
      if (Number(size) !== file.size || String(mtimeNs) !== file.modified)
        throw new RlmError("store", `Cannot open context file ${path}: it is being changed`);
      files.push({ fd: handle.fd, file });
    }
    return Object.assign(files, { [Symbol.asyncDispose]: close });
  } catch (error) {
    await close();
    throw error;
  }
}

// The child may have no more than 64 files open, and has some of its own.
const maxFiles = 32;
