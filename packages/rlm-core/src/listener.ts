import type { Emit } from "./events.ts";

/** Hands events to the user's listener. What it throws, or rejects with if it is async, goes to `fail` too: in a child it would be data for the code. */
export function listenedBy(onEvent: Emit, fail: (error: unknown) => void): Emit {
  return (event) => {
    try {
      const heard: unknown = onEvent(event);
      if (heard instanceof Promise) heard.catch(fail);
    } catch (error) {
      fail(error);
      throw error;
    }
  };
}

/** Emits beside an error that is on its way out: that says more than one of a listener. */
export function emitLast(emit: Emit, event: Parameters<Emit>[0]): void {
  try {
    emit(event);
  } catch {}
}
