import { runRlm, type Model, type RlmOptions } from "rlm-core";
import { describe, expect, it } from "vitest";
import { decompose } from "./decompose.ts";
import { mentionsFormat, offlineModel, type Mentions } from "./offline-model.ts";

const knownForm =
  /^Offline stand-in: rules, not a language model\. It answers one form of question only: who or what mentions X/;

// Invented; one line in 400 has the term.
const log = Array.from({ length: 2000 }, (_, index) => {
  const time = `2031-04-${String(1 + (index % 28)).padStart(2, "0")} 08:15:${String(index % 60).padStart(2, "0")}`;
  return `${time} INFO store: request ${index} took 12 ms${index % 400 === 17 ? "; [E-42] (disk full?)" : ""}`;
}).join("\n");

const chat = [
  { user: "ann", room: "garden", text: "The old pear tree fell over. The pear tree by the gate, I mean!" },
  { user: "bo", room: "garden", text: `${"We should water more. ".repeat(30)}A peartree is no pear tree.` },
  { user: "cy", room: "kitchen", text: "Nothing about trees here." },
];

const book = {
  preface: "Of ships and harbours.",
  "chapter one": `${"It rained on Tuesday. ".repeat(200)}Captain Holm said that the Blue Lantern\nwas lost in 1871. ${"It rained. ".repeat(200)}`,
  "chapter two": `The Blue Lantern! ${"Nobody saw it. ".repeat(100)}Then, in March 1872, the blue lantern came back.`,
};

async function ask(
  query: string,
  context: string | object,
  options: Partial<RlmOptions<Mentions>> = {},
): Promise<Mentions> {
  const { limits, ...rest } = options;
  const settings = { model: offlineModel(), tools: [decompose], responseFormat: mentionsFormat, ...rest };
  const { answer } = await runRlm<Mentions>({ query, context }, { ...settings, limits: { directBelow: 0, ...limits } });
  return answer;
}

describe("offlineModel() as the model of runRlm()", () => {
  it("offlineModel() finds a term with signs of regular expressions in a log, with times, lines and words", async () => {
    const answer = await ask("Which lines mention “[E-42] (disk full?)”, when and how often?", log);
    expect(answer).toMatchObject({ term: "[E-42] (disk full?)", texts: 1, mentions: 5, missing: 0 });
    expect(answer.found[1]).toEqual({
      at: "context, line 418",
      fields: {},
      when: "2031-04-26 08:15:57",
      who: "INFO store",
      mentions: 1,
      first: "2031-04-26 08:15:57 INFO store: request 417 took 12 ms; [E-42] (disk full?)",
    });
  });

  it("offlineModel() finds a term in a list of records, with the labels of each record", async () => {
    const answer = await ask("Who mentioned the pear tree, and how often?", chat);
    expect(answer.found).toEqual([
      {
        at: "context[0].text",
        fields: { user: "ann", room: "garden" },
        when: null,
        who: null,
        mentions: 2,
        first: "The old pear tree fell over.",
      },
      {
        at: "context[1].text",
        fields: { user: "bo", room: "garden" },
        when: null,
        who: null,
        mentions: 1,
        first: "A peartree is no pear tree.",
      },
    ]);
  });

  it("offlineModel() finds a term in an object of texts, in any case and over line breaks", async () => {
    const answer = await ask("In which chapters is the Blue Lantern mentioned, when, and what is said first?", book);
    expect(answer.found).toEqual([
      {
        at: 'context["chapter one"]',
        fields: {},
        when: "1871",
        who: "Captain Holm",
        mentions: 1,
        first: "Captain Holm said that the Blue Lantern was lost in 1871.",
      },
      { at: 'context["chapter two"]', fields: {}, when: null, who: null, mentions: 2, first: "The Blue Lantern!" },
    ]);
  });

  it("offlineModel() says that a term is nowhere, and asks no sub-call", async () => {
    let calls = 0;
    const answer = await ask("Who mentions the Green Lantern?", book, {
      onEvent: ({ type }) => (calls += type === "query-start" ? 1 : 0),
    });
    expect({ answer, calls }).toMatchObject({ answer: { term: "Green Lantern", mentions: 0, found: [] }, calls: 0 });
  });

  it.each([
    ["at depth 0, by code alone", { limits: { depth: 0 } }],
    ["without the kit decompose", { tools: [] }],
    ["in one turn", { limits: { turns: 1 } }],
    ["with packs for few calls", { limits: { calls: 4 } }],
    ["in one plain call, for a short context", { limits: { directBelow: 100_000 } }],
  ])("offlineModel() gives the same answer %s", async (_, options) => {
    const query = "Which chapters mention “Blue Lantern”?";
    expect(await ask(query, book, options)).toEqual(await ask(query, book));
  });

  it("offlineModel() answers in words where no form is asked for", async () => {
    const context = "A heron. ".repeat(10_000);
    const { answer } = await runRlm(
      { query: "Where is the stork mentioned?", context: `${context}The stork came at 10:15. ${context}` },
      { model: offlineModel() },
    );
    expect(answer).toBe(
      "Offline stand-in: rules, not a language model. “stork” is mentioned once, in the text.\n- context, character 90005 (10:15), once: The stork came at 10:15.",
    );
  });

  it.each([0, 100_000])(
    "offlineModel() says of another form of question that it does not know it (directBelow %i)",
    async (directBelow) => {
      const { answer } = await runRlm(
        { query: "What is the mood of the text?", context: log.slice(0, 5000) },
        { model: offlineModel(), limits: { directBelow } },
      );
      expect(answer).toMatch(knownForm);
      expect((await ask("What is the mood of the text?", chat, { limits: { directBelow } })).note).toMatch(knownForm);
    },
  );

  it("offlineModel() uses what the sub-calls say: another reply to one of them is another answer", async () => {
    const model = offlineModel();
    const changed: Model = async (messages, options) => {
      const reply = await model(messages, options);
      return {
        ...reply,
        text: reply.text.replace('"mentions":1', '"mentions":40').replace("The Blue Lantern!", "The changed lantern!"),
      };
    };
    const answer = await ask("Which chapters mention “Blue Lantern”?", book, { subModel: changed });
    expect(answer.mentions).toBe(42);
    expect(answer.found.map(({ first }) => first)).toContain("The changed lantern!");
  });

  it("offlineModel() asks a failed sub-call once more, and says what is missing if it fails again", async () => {
    const model = offlineModel();
    let failures = 0;
    const failing =
      (most: number): Model =>
      async (messages, options) => {
        if (JSON.stringify(messages).includes("Captain Holm") && failures++ < most) throw new Error("no connection");
        return await model(messages, options);
      };
    const apart = { ...book, "chapter one": `${book["chapter one"]}${"filler ".repeat(1000)}` };
    const whole = await ask("Which chapters mention “Blue Lantern”?", apart);
    expect(await ask("Which chapters mention “Blue Lantern”?", apart, { subModel: failing(1) })).toEqual(whole);
    failures = 0;
    const answer = await ask("Which chapters mention “Blue Lantern”?", apart, { subModel: failing(Infinity) });
    expect(answer.missing).toBeGreaterThan(0);
    expect(answer.note).toContain("are missing: their sub-calls failed");
    expect(answer.mentions).toBeLessThan(whole.mentions);
  });

  it.each([
    [2, "concluded", /The run ended before it had read any passage\.$/],
    [
      3,
      "final",
      /2 of 2 passages are missing: their sub-calls failed\. Whether “Blue Lantern” is mentioned is not known\.$/,
    ],
  ])("offlineModel() says what is missing where limits.calls is %i", async (calls, status, words) => {
    const apart = { one: book["chapter one"], two: "The Blue Lantern." };
    const limits = { directBelow: 0, calls };
    const result = await runRlm(
      { query: "Which chapters mention “Blue Lantern”?", context: apart },
      { model: offlineModel(), limits },
    );
    expect(result.status).toBe(status);
    expect(result.answer).toMatch(words);
  });

  it("offlineModel() counts the o200k tokens of what it reads and writes, and names itself", async () => {
    const model = offlineModel();
    const options = { maxOutputTokens: 100, signal: new AbortController().signal, purpose: "sub", depth: 0 } as const;
    const reply = await model([{ role: "user", content: "Who mentions 'tiktoken'? tiktoken is great!" }], options);
    // 13 and 38 by OpenAI's tiktoken.
    expect(reply).toMatchObject({
      text: expect.stringContaining("Mentions of “tiktoken”: 2."),
      usage: { inputTokens: 13, outputTokens: 38 },
    });
    expect(model.modelName).toBe("offline-stand-in");
  });

  it.each([-1, Number.NaN, 2 ** 31])("offlineModel() refuses a delay of %s ms", (delayMs) => {
    expect(() => offlineModel({ delayMs })).toThrow(/^Expected delayMs to be milliseconds from 0 to 2147483647, got /);
  });

  it("offlineModel() ends its delay on abort", async () => {
    const controller = new AbortController();
    const options = { maxOutputTokens: 100, signal: controller.signal, purpose: "sub", depth: 0 } as const;
    const reply = offlineModel({ delayMs: 1_000_000 })([{ role: "user", content: "?" }], options);
    controller.abort();
    await expect(reply).rejects.toThrow("aborted");
  });
});
