import { InputError } from "rlm-core";
import { unwrap, type ChatModel } from "./chat-model.ts";
import { addressFields, keyVariables, windowFields } from "./providers.ts";

interface Named {
  baseUrl?: string;
  contextWindow?: number;
  fields?: Record<string, unknown>;
}

/** A chat model by "provider:name". langchain is loaded here, so that nothing else waits for it. */
export async function namedModel(name: string, options: Named): Promise<ChatModel> {
  const { initChatModel } = await import("langchain/chat_models/universal");
  const { provider, model, packageName, fields } = await readName(name, options);
  try {
    const configured = await initChatModel(model, { maxRetries: 0, ...fields, modelProvider: provider });
    const chat = await unwrap(configured);
    if (provider === "openai" && "apiKey" in chat && chat.apiKey === undefined) throw new Error("no API key");
    return chat;
  } catch (error) {
    throw startError(error, { name, provider, packageName });
  }
}

/** The parts of a name, and the fields that its provider's constructor is given. Throws {@link InputError}. */
export async function readName(
  name: string,
  { baseUrl, contextWindow, fields = {} }: Named,
): Promise<{ provider: string; model: string; packageName: string; fields: Record<string, unknown> }> {
  const { MODEL_PROVIDER_CONFIG, _inferModelProvider } = await import("langchain/chat_models/universal");
  const [provider = "", ...rest] = name.split(":");
  const model = rest.join(":");
  if (rest.length === 0)
    throw new InputError(
      `Expected model to name its provider, such as "${_inferModelProvider(name) ?? "ollama"}:${name}", got "${name}"`,
    );
  if (!Object.hasOwn(MODEL_PROVIDER_CONFIG, provider))
    throw new InputError(
      `Expected the provider of "${name}" to be one of ${Object.keys(MODEL_PROVIDER_CONFIG).join(", ")}, got "${provider}"`,
    );
  if (model === "") throw new InputError(`Expected a model behind "${name}"`);
  const { package: packageName } = MODEL_PROVIDER_CONFIG[provider as keyof typeof MODEL_PROVIDER_CONFIG];
  return {
    provider,
    model,
    packageName,
    fields: { ...windowFields(provider, contextWindow), ...fields, ...addressFields(provider, baseUrl, fields) },
  };
}

function startError(error: unknown, { name, provider, packageName }: Record<string, string>): unknown {
  if (error instanceof InputError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (/unable to import|cannot find (package|module)/i.test(message))
    return new InputError(`Cannot use "${name}": its package is not installed; npm install ${packageName}`, {
      cause: error,
    });
  if (/api.?key|credential|access.?token/i.test(message))
    return new InputError(
      `Cannot use "${name}": no key; set ${keyVariables[provider ?? ""] ?? `the key of "${provider}"`}, or give fields: { apiKey }`,
      { cause: error },
    );
  // LangChain adds a link to some, on lines of its own.
  const said = message.replace(/\s*Troubleshooting URL: .*/s, "");
  return new InputError(`Cannot use "${name}": ${said}`, { cause: error });
}
