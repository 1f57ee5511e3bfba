/** The child sent something that an honest one never sends: it is killed, and nothing of it is believed. */
export class BadFrame extends Error {
  constructor(state: string, options?: ErrorOptions) {
    super(`Cannot trust the sandbox process: it sent ${state}`, options);
    this.name = "BadFrame";
  }
}
