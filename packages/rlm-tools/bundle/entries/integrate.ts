import { aggregate } from "../../src/integrate/aggregate.ts";
import { classify, extract, filter } from "../../src/integrate/each-item.ts";
import { pairs } from "../../src/integrate/pairs.ts";
import { reduce } from "../../src/integrate/reduce.ts";
import { cite, verify } from "../../src/integrate/verify.ts";
import { vote } from "../../src/integrate/vote.ts";

export const library = { filter, classify, extract, reduce, vote, aggregate, pairs, verify, cite };
