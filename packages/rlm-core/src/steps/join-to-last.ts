import type { ChatMessage } from "../model.ts";

/** Messages with more said in the last of them: two messages of one role in a row are an error for some providers. */
export function joinToLast(messages: readonly ChatMessage[], content: string): ChatMessage[] {
  return messages.map((message, index) =>
    index === messages.length - 1 ? { ...message, content: `${message.content}\n\n${content}` } : message,
  );
}
