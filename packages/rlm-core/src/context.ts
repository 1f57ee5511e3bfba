/** A context by its content, without its text and without where it is. `hash`: of the content and of how it is read. */
export type ContextContent = Pick<ContextRef, "name" | "kind" | "length" | "items"> & { hash: string };

/** A context as state knows it: a description and a reference, never the text. */
export interface ContextRef {
  /** The variable's name in the REPL: `context`, or the key in a record of contexts. */
  name: string;
  /** What the code finds in the variable. */
  kind: "string" | "array" | "object";
  /** UTF-16 code units of the text (of the JSON text for arrays and objects). */
  length: number;
  /** Elements or keys, for arrays and objects. */
  items?: number;
  /** `sha256:<hex>` in the run store, or `file:<json>` of path, size and content hash. */
  ref: string;
  /** The text stays in its file, and the code reads it in parts: a text that is longer than a string can be. */
  paged?: true;
  /** The first characters (at most 500), shown to the model. */
  prefix: string;
}
