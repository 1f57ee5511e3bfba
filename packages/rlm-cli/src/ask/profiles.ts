import { big, small, thinking, type Profile } from "rlm-core";

/** The words of the prompt, by the names of `--profile`. */
export const profiles = { big, small, thinking } satisfies Record<string, Profile>;

export type ProfileName = keyof typeof profiles;
