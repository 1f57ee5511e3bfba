/** The one form of question that the stand-in knows, in words for its user. */
export const knownForm =
  "It answers one form of question only: who or what mentions X, where or when, how often, and what is said. Put X in quotation marks, as in: Which texts mention “X”, where, and how often?";

/** The term that a question of the known form asks about; undefined for any other question. */
export function termOf(question: string): string | undefined {
  const words = question.replace(/\s+/g, " ");
  if (!mention.test(words)) return undefined;
  const term = (quoted(words) ?? afterVerb(words) ?? beforeVerb(words))?.trim();
  return term === undefined || term === "" || term.length > 200 ? undefined : term;
}

/** A regular expression's source for a term, for the flags `giu`: any white space between its words, and no letter right beside it. */
export function patternOf(term: string): string {
  const words = term.trim().split(/\s+/).map(escape).join("\\s+");
  // Only scripts with capitals put spaces between words: in others a term has letters beside it.
  const start = startsInWord.test(term) ? `(?<!${wordCharacter})` : "";
  const end = endsInWord.test(term) ? `(?!${wordCharacter})` : "";
  return `${start}${words}${end}`;
}

const wordCharacter = "[\\p{Lu}\\p{Ll}\\p{N}_]";
const startsInWord = new RegExp(`^\\s*${wordCharacter}`, "u");
const endsInWord = new RegExp(`${wordCharacter}\\s*$`, "u");

// RegExp.escape also turns first letters into \x61, which nobody reads well in the code. With the flag u only these may be escaped.
function escape(word: string): string {
  return word.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}

const about =
  "(?:speak|speaks|spoke|spoken|speaking|talk|talks|talked|talking|say|says|said|write|writes|wrote|written|hears?|heard) (?:of|about)";
const verbs = `(?:mention(?:s|ed|ing)?|${about}|refer(?:s|red|ring)? to|discuss(?:es|ed|ing)?)`;
const mention = new RegExp(`\\b(?:${verbs}|appears?|occurs?|comes? up)\\b`, "i");

function quoted(question: string): string | undefined {
  const pairs = [
    /“([^”]+)”/,
    /"([^"]+)"/,
    /«([^»]+)»/,
    /‘([^’]+)’(?!\p{L})/u,
    /`([^`]+)`/,
    /(?<![\p{L}\p{N}])'([^']+)'(?![\p{L}\p{N}])/u,
  ];
  return pairs.map((pair) => pair.exec(question)?.[1]).find((term) => term !== undefined);
}

/** "mentions the Panama Canal, and when": what follows the verb. */
function afterVerb(question: string): string | undefined {
  const verb = new RegExp(`\\b${verbs}\\s+`, "i").exec(question);
  return verb === null ? undefined : phrase(question.slice(verb.index + verb[0].length));
}

/** "is the Panama Canal mentioned", "does X appear": what stands between the auxiliary and the verb. */
function beforeVerb(question: string): string | undefined {
  const passive = new RegExp(
    `\\b(?:is|are|was|were|does|do|did|has|have|been)\\s+(.+?)\\s+(?:${verbs}|appears?|occurs?|comes? up)\\b`,
    "i",
  );
  const between = passive.exec(question)?.[1];
  return between === undefined ? undefined : phrase(between);
}

/** A run of capitalised words at the start, else all words up to the end of the clause. */
function phrase(words: string): string | undefined {
  const rest = words.replace(/^(?:(?:the|an?|any|every|some|all|words?|terms?|phrases?|names?)\s+)+(?=\S)/i, "");
  const capitalised =
    /^\p{Lu}[\p{L}\p{N}.'’&-]*(?:\s+(?:(?:of|the|de|la|von|van|for|&)\s+)*[\p{Lu}\d][\p{L}\p{N}.'’&-]*)*/u.exec(
      rest,
    )?.[0];
  const clause = capitalised ?? rest.split(clauseEnd)[0] ?? "";
  const term = clause.replace(/['’]s$/, "").replace(/[\s.,;:?!'’]+$/, "");
  return term === "" ||
    /^(?:and|or|how|when|where|who|what|which|in|at|by|first|most|been|ever|it|them|this|that)$/i.test(term)
    ? undefined
    : term;
}

const clauseEnd =
  /[?!,;]|\.(?=\s|$)|\s(?:and|or|but|how|when|where|who|what|which|whose|in|on|at|during|between|from|before|after|within|by|per|for|with|to|first|most|often|anywhere|at all)(?=\s|$|[?.!])/i;
