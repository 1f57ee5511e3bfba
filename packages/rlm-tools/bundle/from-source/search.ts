import { cached } from "../cached.ts";

export const text: string = cached("search");
