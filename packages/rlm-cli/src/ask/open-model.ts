import { InputError, type Model } from "rlm-core";

export interface OpenModelOptions {
  /** Of an OpenAI-compatible server, or of the provider's. */
  baseUrl?: string;
  /** How long the stand-in holds back each reply. */
  delayMs?: number;
}

/** Makes a model of its name. Throws InputError for one that cannot be had. */
export type OpenModel = (name: string, options: OpenModelOptions) => Promise<Model>;

export const offline = "offline";

/** "offline": the stand-in of rlm-tools; else "provider:name" by LangChain's package of that provider. */
export const openModel: OpenModel = async (name, { baseUrl, delayMs = 0 }) => {
  // Each is loaded when it is needed: LangChain takes a second.
  if (name === offline) return (await import("rlm-tools/offline-model")).offlineModel({ delayMs });
  const { fromChatModel } = await import("rlm-langgraph");
  try {
    return await fromChatModel(name, baseUrl === undefined ? {} : { baseUrl });
  } catch (error) {
    if (error instanceof InputError) throw new InputError(`${error.message}\n${otherModels}`, { cause: error });
    throw error;
  }
};

const otherModels = `No key or no provider at hand? --model ollama:qwen3 asks a model on your own machine (ollama.com),
--model offline is a stand-in made of rules: it shows how everything works and needs nothing.`;

/** For a command line without a model. */
export const noModel = `No model: give --model provider:name, or set RLM_MODEL.

  --model openai:gpt-5                 with OPENAI_API_KEY
  --model anthropic:claude-sonnet-4-5  with ANTHROPIC_API_KEY
  --model google-genai:gemini-2.5-pro  with GOOGLE_API_KEY
  --model ollama:qwen3                 a model on your own machine, no key (ollama.com)
  --model openai:NAME --base-url http://localhost:8000/v1
                                       vLLM, llama.cpp or any other OpenAI-compatible server
  --model offline                      a stand-in made of rules, no language model: it needs no key and no
                                       network, and shows how everything works`;
