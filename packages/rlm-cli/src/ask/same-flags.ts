import type { Command } from "commander";

/** The flags that were given to a command, to be typed again, but for some by their names. */
export function sameFlags(command: Command, without: ReadonlySet<string>): string {
  return command.options
    .filter(
      (option) =>
        !without.has(option.attributeName()) && command.getOptionValueSource(option.attributeName()) === "cli",
    )
    .map((option) => {
      const flag = option.long ?? option.short ?? "";
      const value: unknown = command.getOptionValue(option.attributeName());
      if (typeof value === "boolean") return flag;
      return [flag, ...valuesOf(value, option.variadic).map((one) => quoted(typed(one, option.flags)))].join(" ");
    })
    .join(" ");
}

/** As a shell takes it: a text with anything else than harmless characters in quotes. */
export function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

function valuesOf(value: unknown, variadic: boolean): unknown[] {
  if (!Array.isArray(value)) return [value];
  return variadic ? value : [value.length === 0 ? "none" : value.join(",")];
}

/** A limit of time is kept in milliseconds. */
function typed(value: unknown, flags: string): string {
  if (value === Infinity) return "none";
  return flags.includes("<time>") ? `${String(value)}ms` : String(value);
}
