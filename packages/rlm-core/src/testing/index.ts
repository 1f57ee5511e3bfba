export { storeLaws } from "./store-laws.ts";
export type { StoreLaw } from "./store-laws.ts";
