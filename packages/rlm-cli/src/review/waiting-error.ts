import type { ReviewRequest } from "rlm-core";
import { reviewWords } from "./review-words.ts";

/** The run of a thread waits for a person, and here is none. */
export class WaitingError extends Error {
  override name = "WaitingError";
  constructor(requests: readonly ReviewRequest[]) {
    super(`The run waits for a person to be asked:\n${requests.map((request) => reviewWords(request)).join("\n")}`);
  }
}
