/** What a block printed. */
export interface Output {
  /** What was printed, head and tail if it was more than `limits.outputChars`. */
  text: string;
  /** Characters printed in all. */
  chars: number;
}

/** An error of the model's code: data that goes back to the model. */
export interface CodeError {
  kind: "syntax" | "thrown" | "timeout" | "memory" | "died" | "deadlock" | "answer";
  /** Name, message and the stack's lines in the model's own blocks, nothing of the host. */
  message: string;
}
