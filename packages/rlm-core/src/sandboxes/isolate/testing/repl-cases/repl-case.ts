/**
 * A block, and what it comes to: all that it shows, printed and as its value, without the last line break; or its error's
 * message (then it shows nothing); or both. Calls are answered with `re: ` and their prompt, the prompt "fail" by an error.
 */
export type ReplStep = readonly [code: string, comes: string | RegExp | { shown: string; error: RegExp }];

/** The blocks of one session each, by what they show of the REPL. */
export type ReplCases = Readonly<Record<string, readonly ReplStep[]>>;
