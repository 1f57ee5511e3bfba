import { InputError } from "rlm-core";

/** Where each provider's package looks for its key. */
export const keyVariables: Readonly<Record<string, string>> = {
  openai: "OPENAI_API_KEY",
  azure_openai: "AZURE_OPENAI_API_KEY",
  langsmith: "LANGSMITH_API_KEY",
  anthropic: "ANTHROPIC_API_KEY",
  google: "GOOGLE_API_KEY",
  "google-genai": "GOOGLE_API_KEY or GEMINI_API_KEY",
  "google-vertexai": "GOOGLE_APPLICATION_CREDENTIALS",
  cohere: "COHERE_API_KEY",
  mistralai: "MISTRAL_API_KEY",
  mistral: "MISTRAL_API_KEY",
  groq: "GROQ_API_KEY",
  bedrock: "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
  aws: "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
  deepseek: "DEEPSEEK_API_KEY",
  xai: "XAI_API_KEY",
  cerebras: "CEREBRAS_API_KEY",
  fireworks: "FIREWORKS_API_KEY",
  together: "TOGETHER_AI_API_KEY",
  perplexity: "PERPLEXITY_API_KEY",
};

/** The fields by which a provider's package is told another address. */
export function addressFields(
  provider: string,
  baseUrl: string | undefined,
  fields: Record<string, unknown>,
): Record<string, unknown> {
  if (baseUrl === undefined) return {};
  switch (provider) {
    case "openai": {
      const configuration = { ...(fields["configuration"] as object | undefined), baseURL: baseUrl };
      // A server of one's own asks for no key, but the client does.
      return process.env["OPENAI_API_KEY"] ? { configuration } : { apiKey: "none", ...fields, configuration };
    }
    case "anthropic":
      return { anthropicApiUrl: baseUrl };
    case "google-genai":
      return { baseUrl };
    case "ollama":
      if (/\/v1\/?$/.test(baseUrl))
        throw new InputError(`Expected baseUrl of Ollama without /v1, which ignores numCtx, got "${baseUrl}"`);
      return { baseUrl };
    default:
      throw new InputError(
        `Expected baseUrl with openai, anthropic, google-genai or ollama, got it with ${provider}; give its own field in fields`,
      );
  }
}

/** The fields by which a provider's package is told how many tokens the model may read: only Ollama's needs to be. */
export function windowFields(provider: string, contextWindow: number | undefined): Record<string, unknown> {
  return provider === "ollama" && contextWindow !== undefined ? { numCtx: contextWindow } : {};
}
