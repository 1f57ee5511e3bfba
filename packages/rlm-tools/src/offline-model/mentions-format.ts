import type { JsonSchema } from "rlm-core";

const nullableText = { type: ["string", "null"] };

/** The form of the stand-in's answer as data, for `responseFormat`; its type is `Mentions`. */
export const mentionsFormat: JsonSchema = {
  type: "object",
  required: ["note", "term", "texts", "mentions", "missing", "found"],
  properties: {
    note: { type: "string" },
    term: { type: "string" },
    texts: { type: "integer" },
    mentions: { type: "integer" },
    missing: { type: "integer" },
    found: {
      type: "array",
      items: {
        type: "object",
        required: ["at", "fields", "when", "who", "mentions", "first"],
        properties: {
          at: { type: "string" },
          fields: { type: "object" },
          when: nullableText,
          who: nullableText,
          mentions: { type: "integer" },
          first: { type: "string" },
        },
      },
    },
  },
};
