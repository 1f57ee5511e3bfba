import { innermost, isChatModel, type ChatModel } from "./chat-model.ts";

/**
 * LangChain has no call option for the most tokens that a model may write: each package reads a field of its instance.
 * - `maxTokens`: OpenAI (sent as max_tokens, for reasoning models as max_completion_tokens, for the Responses API as
 *   max_output_tokens) and what is built on it, Anthropic, Mistral, Groq, Bedrock
 * - `maxOutputTokens`: Google
 * - `numPredict`: Ollama
 */
const limitFields = ["maxTokens", "maxOutputTokens", "numPredict", "maxCompletionTokens"];

/**
 * Gives, for a number of output tokens, the model held to it: a view of the instance with other values in those fields.
 * `most` is what the model can write at all; providers refuse more. A model without such a field stays as it is.
 */
export function withOutputLimit(model: ChatModel, most = Infinity): (maxOutputTokens: number) => ChatModel {
  const views = new Map<number, ChatModel>(); // kept, for each makes a client of its own at its first call
  return (maxOutputTokens) => {
    const limit = Math.min(maxOutputTokens, most);
    const view = views.get(limit) ?? limited(model, limit);
    views.set(limit, view);
    return view;
  };
}

function limited(model: ChatModel, limit: number): ChatModel {
  const own = Object.entries(model);
  const changed = [
    ...own.filter(([field]) => limitFields.includes(field)).map(([field]) => [field, limit]),
    // ChatOpenAI with `streaming` counts tokens on its own, by a table from the internet; a graph's streams need no such field.
    ...own
      .filter(([field]) => field === "streaming" && innermost(model)._llmType() === "openai")
      .map(([field]) => [field, false]),
    // ChatOpenAI asks one of two models inside of it, and a wrapper the model that it wraps.
    ...own.flatMap(([field, value]) => (isChatModel(value) ? [[field, limited(value, limit)]] : [])),
  ];
  return changed.length === 0 ? model : Object.assign(Object.create(model), Object.fromEntries(changed));
}
