import type { ReviewEvent } from "../journal.ts";
import type { Turn } from "../turns.ts";

/**
 * What a person changed or refused in a turn; what was approved goes without a word. A tool that was refused the code has
 * read of. `shown`: how many characters of what they put in its place.
 */
export function reviewLines({ reviews }: Pick<Turn, "reviews">, shown: number = Infinity): string[] {
  const cut = (text: string): string => (text.length > shown ? `${text.slice(0, shown).toWellFormed()}…` : text);
  return reviews.flatMap(({ kind, decision, code = "", tool = "", args, message }) => {
    if (kind === "code" && decision === "edit")
      return [`A person changed your code before it ran. This is what ran:\n\`\`\`repl\n${cut(code)}\n\`\`\``];
    if (kind === "code" && decision === "reject")
      return [`A person stopped your code: nothing of it was run.${said({ message })}`];
    if (kind === "tool" && decision === "edit")
      return [`A person changed the arguments of tools.${tool}. It was called with ${cut(JSON.stringify(args))}`];
    if (kind === "answer" && decision === "reject") return [`A person did not accept this answer.${said({ message })}`];
    return [];
  });
}

function said({ message = "" }: Pick<ReviewEvent, "message">): string {
  return message.trim() === "" ? "" : ` They say: ${message.trim()}`;
}
