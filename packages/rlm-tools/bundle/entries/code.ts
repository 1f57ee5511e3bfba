import { code } from "../../src/decompose/code.ts";

export const library = { code };
