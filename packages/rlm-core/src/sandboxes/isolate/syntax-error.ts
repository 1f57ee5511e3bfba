import { getLineInfo } from "acorn";

/** An error of the model's code that shows before it runs; the message is complete. */
export class CodeSyntaxError extends Error {}

/** The error at a position of the code, with its line and what stands there. */
export function syntaxError(source: string, fileName: string, message: string, position: number): CodeSyntaxError {
  const { line, column } = getLineInfo(source, position);
  const from = Math.max(position - column, position - 80);
  const rest = /^.{0,80}/.exec(source.slice(position, position + 80))?.[0] ?? "";
  const shown = source.slice(from, position) + rest;
  return new CodeSyntaxError(
    `SyntaxError: ${message}\n    at ${fileName}:${line}:${column + 1}\n${shown}\n${" ".repeat(position - from)}^`,
  );
}
