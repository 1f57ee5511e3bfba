import { abortable } from "./abortable.ts";

/** Resolves after so many milliseconds; rejects with the signal's reason as soon as it aborts. */
export async function wait(ms: number, signal: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  try {
    await abortable(
      () =>
        new Promise<void>((resolve) => {
          timer = setTimeout(resolve, ms);
        }),
      signal,
    );
  } finally {
    clearTimeout(timer);
  }
}
