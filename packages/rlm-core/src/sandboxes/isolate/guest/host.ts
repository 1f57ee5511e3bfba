/** What the host gives to guest code: only strings and numbers cross, and each call returns at once. */
export interface GuestHost {
  /** A call was made. `options` is JSON or ""; `contextKind` says what `context` is: of a `part`, JSON of a {@link GuestPart}. */
  post: (
    id: number,
    kind: CallKind,
    prompt: string,
    name: string,
    context: string,
    contextKind: ContextKind,
    options: string,
  ) => void;
  /** The code of a block ended, well or with an error. */
  ended: (block: number, problem: "" | "thrown" | "answer", message: string) => void;
  /** There was no memory for a buffer; the code goes on with an error that it may catch. */
  exhausted: () => void;
  /** FINAL was called with a value that fits. */
  answered: (text: string, json: number) => void;
  /** What was printed. */
  printed: (text: string, chars: number) => void;
  /** Why a schema that comes from code is refused, or "". */
  schemaProblem: (schema: string) => string;
  /** Why a value does not fit a schema, or "". An empty schema stands for the response format. */
  fitProblem: (schema: string, value: string) => string;
  /** How a quote is looked for, as JSON: a `QuoteForm`. */
  quoteForm: (quote: string) => string;
  /** Characters of a context that is read in parts. */
  readContext: (context: string, from: number, to: number) => string;
  /** The rows around one of a context's, as JSON: `{ "first": 17, "rows": […] }`. */
  readRows: (context: string, row: number) => string;
  /** A value of a context that is an object, as JSON, by the index of its key. */
  readMember: (context: string, index: number) => string;
  /** The text of a kit's library. */
  readLibrary: (hash: string) => string;
  /** A part of the text that `inspect` hashes. */
  digest: (text: string) => void;
  /** The variables as JSON. */
  variables: (json: string) => void;
}

/** What a child is given of a context, without its text. */
export interface GuestPart {
  context: string;
  from: number;
  length: number;
}

export type ContextKind = "" | "text" | "json" | "part";

export type CallKind = "llm" | "rlm" | "tool";

export interface GuestSettings {
  promptChars: number;
  outputChars: number;
  answerChars: number;
  queries: boolean;
  tools: readonly string[];
}
