/** Names in the REPL that already mean something; kits that this project brings are among them. */
export const reservedNames: ReadonlySet<string> = new Set(
  [
    // What the REPL offers, kits too.
    "llm_query llm_query_batched rlm_query rlm_query_batched llm_map find print console tools FINAL FINAL_VAR SHOW_VARS decompose search integrate",
    // Words of the language.
    "await async break case catch class const continue debugger default delete do else enum export extends false finally for function get if implements import in instanceof interface let new null of package private protected public return set static super switch this throw true try typeof using var void while with yield",
    // Globals that code relies on.
    "arguments eval undefined NaN Infinity globalThis Object Array String Number Boolean BigInt Symbol Function Math JSON Date RegExp Map Set WeakMap WeakSet Promise Proxy Reflect Intl Iterator Error TypeError RangeError SyntaxError ReferenceError EvalError URIError AggregateError ArrayBuffer DataView Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array Float32Array Float64Array BigInt64Array BigUint64Array Temporal parseInt parseFloat isNaN isFinite encodeURI encodeURIComponent decodeURI decodeURIComponent escape unescape",
  ].flatMap((words) => words.split(" ")),
);
