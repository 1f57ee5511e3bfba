import { calledAs } from "../tool.ts";
import type { ReviewEvent } from "../journal.ts";
import type { Turn } from "../turns.ts";
import type { Mark } from "./marked.ts";
import { fenced } from "../parse-reply.ts";

/**
 * What a person changed or refused in a turn; what was approved goes without a word. A tool that was refused the code has
 * read of. Their own words stand bare, as the question does; what may quote a context is marked. `shown`: how many characters
 * of what they put in its place.
 */
export function reviewLines({ reviews }: Pick<Turn, "reviews">, mark: Mark, shown: number = Infinity): string[] {
  const cut = (text: string): string => (text.length > shown ? `${text.slice(0, shown).toWellFormed()}…` : text);
  return reviews.flatMap(({ kind, decision, code = "", tool = "", args, message, began }) => {
    if (kind === "code" && decision === "edit")
      return [`A person changed your code before it ran. This is what ran:\n${fenced(cut(code))}`];
    if (kind === "code" && decision === "reject")
      return [
        `A person looked at your code before it ran, and stopped it: nothing of it was run.${said(" ", message)}`,
      ];
    if (kind === "tool" && decision === "edit")
      return [
        `A person changed the arguments of ${calledAs(tool)}. It was called with:\n${mark(cut(JSON.stringify(args)), "arguments")}`,
      ];
    if (kind !== "answer" || decision !== "reject") return [];
    if (began === undefined) return [`A person did not accept your answer.${said(" ", message)}`];
    return [`A person did not accept your answer, which began:\n${mark(cut(began), "answer")}${said("\n", message)}`];
  });
}

function said(before: string, message: ReviewEvent["message"] = ""): string {
  return message.trim() === "" ? "" : `${before}They say, and it holds from here on: ${message.trim()}`;
}
