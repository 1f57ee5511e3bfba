import { paragraphs } from "../../src/decompose/paragraphs.ts";
import { records } from "../../src/decompose/records.ts";
import { rows } from "../../src/decompose/rows.ts";
import { sections } from "../../src/decompose/sections.ts";
import { sentences } from "../../src/decompose/sentences.ts";
import { turns } from "../../src/decompose/turns.ts";

export const library = { paragraphs, sentences, sections, rows, turns, records };
