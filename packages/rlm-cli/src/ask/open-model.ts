import { InputError, type Model } from "rlm-core";

export interface OpenModelOptions {
  /** Of an OpenAI-compatible server, or of the provider's. */
  baseUrl?: string;
  /** Tokens that it can read at once. */
  contextWindow?: number;
  /** How long the stand-in holds back each reply. */
  delayMs?: number;
}

/** Makes a model of its name. Throws InputError for one that cannot be had. */
export type OpenModel = (name: string, options: OpenModelOptions) => Promise<Model>;

export const offline = "offline";

/** What a request says of its models. */
export function modelOptions({
  baseUrl,
  contextWindow,
  delayMs,
}: {
  baseUrl: string | undefined;
  contextWindow: number | undefined;
  delayMs: number;
}): OpenModelOptions {
  return {
    ...(baseUrl !== undefined && { baseUrl }),
    ...(contextWindow !== undefined && { contextWindow }),
    delayMs,
  };
}

/** "offline": the stand-in of rlm-tools; else "provider:name" by LangChain's package of that provider. */
export const openModel: OpenModel = async (name, { delayMs = 0, ...options }) => {
  // Each is loaded when it is needed: LangChain takes a second.
  if (name === offline) {
    const { offlineModel } = await import("rlm-tools/offline-model");
    return Object.assign(offlineModel({ delayMs }), { contextWindow: options.contextWindow });
  }
  const { fromChatModel } = await import("rlm-langgraph");
  return await fromChatModel(name, options).catch(withOtherModels);
};

/** Throws what {@link openModel} would, but needs neither a key nor the provider's package. */
export async function checkModel(name: string, { delayMs: _, ...options }: OpenModelOptions): Promise<void> {
  if (name === offline) return;
  const { checkModelName } = await import("rlm-langgraph");
  await checkModelName(name, options).catch(withOtherModels);
}

function withOtherModels(error: unknown): never {
  if (error instanceof InputError) throw new InputError(`${error.message}\n${otherModels}`, { cause: error });
  throw error;
}

const otherModels = `No key or no provider at hand? --model ollama:qwen3 asks a model on your own machine (ollama.com),
--model offline is a stand-in made of rules: it shows how everything works and needs nothing.`;

/** For a command line without a model. */
export const noModel = `No model: give --model provider:name, or set RLM_MODEL.

  --model openai:gpt-5                 with OPENAI_API_KEY
  --model anthropic:claude-sonnet-4-5  with ANTHROPIC_API_KEY
  --model google-genai:gemini-2.5-pro  with GOOGLE_API_KEY
  --model ollama:qwen3 --context-window 32768
                                       a model on your own machine, no key (ollama.com)
  --model openai:NAME --base-url http://localhost:8000/v1 --context-window 32768
                                       vLLM, llama.cpp or any other OpenAI-compatible server
  --model offline                      a stand-in made of rules, no language model: it needs no key and no
                                       network, and shows how everything works`;
