/** A context that a session cannot have, for a reason that its user should hear: JSON that is none. */
export class UnfitContext extends Error {
  readonly context: string;
  constructor(context: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "UnfitContext";
    this.context = context;
  }
}
