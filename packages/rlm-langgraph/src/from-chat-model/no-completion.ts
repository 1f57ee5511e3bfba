/**
 * Clients trust that what a server sends with status 200 is a chat completion, and trip over one that is none: a page,
 * an error, `{}`. Those errors, and what LangChain throws for a stream of nothing, become one that says so.
 */
export function noCompletion(error: unknown): Error | undefined {
  if (!(error instanceof Error) || !(isSlip(error) || error.message.startsWith(emptyStream))) return undefined;
  return Object.assign(new Error("the server answered with no chat completion", { cause: error }), {
    code: "NO_COMPLETION",
  });
}

const emptyStream = "Received empty response from chat model call";

// A TypeError of fetch is about the connection.
function isSlip({ name, message }: Error): boolean {
  return (
    name === "TypeError" && /^Cannot (?:read properties of|use 'in' operator|destructure)|is not iterable/.test(message)
  );
}
