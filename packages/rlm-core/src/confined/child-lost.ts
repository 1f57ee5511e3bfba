/** How a process was lost: killed for its time or its memory, gone by itself or by a kill from outside, or killed for what it sent. */
export type LossKind = "timeout" | "memory" | "exit" | "bad-frame";

/** A process of the sandbox is gone, and with it the entry that it was in. Never leaves the sandbox: it becomes a rollback, a rebuild, or a SandboxError. */
export class ChildLost extends Error {
  readonly how: LossKind;
  constructor(how: LossKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ChildLost";
    this.how = how;
  }
}

/** A process was lost by no fault of the block that is at stake: the way to it may be tried again. */
export class BlamelessLoss extends Error {
  constructor(cause: ChildLost) {
    super(cause.message, { cause });
    this.name = "BlamelessLoss";
  }
}
