import { compile, type HtmlToTextOptions } from "html-to-text";

// Half a character: no decoded text has it.
const tooDeep = "\ud800";
const heading = { format: "markdownHeading" };
const options: HtmlToTextOptions = {
  wordwrap: false,
  limits: { maxInputLength: 200_000_000, maxDepth: 1_000, ellipsis: tooDeep },
  formatters: {
    markdownHeading(element, walk, builder, { leadingLineBreaks = 2, trailingLineBreaks = 2 }) {
      builder.openBlock({ leadingLineBreaks });
      builder.addLiteral(`${"#".repeat(Number(element.name?.slice(1) ?? 1))} `);
      walk(element.children, builder);
      builder.closeBlock({ trailingLineBreaks });
    },
  },
  selectors: [
    ...["h1", "h2", "h3", "h4", "h5", "h6"].map((selector) => ({ selector, ...heading })),
    ...["script", "style", "noscript", "template", "nav", "svg", "img", '[role="navigation"]'].map((selector) => ({
      selector,
      format: "skip",
    })),
    { selector: "a", options: { ignoreHref: true } },
    { selector: "table", format: "dataTable", options: { uppercaseHeaderCells: false, maxColumnWidth: 200 } },
    { selector: "ul", options: { itemPrefix: "- " } },
    { selector: "blockquote", options: { trimEmptyLines: true } },
  ],
};

const convert: (html: string) => string = compile(options);

/** The text of an HTML document as a person reads it: headings as in Markdown, lists and tables as text, without scripts, styles, images, menus and addresses of links. */
export function readable(html: string): { text: string; problems: string[] } {
  const text = convert(html);
  if (!text.includes(tooDeep)) return { text, problems: [] };
  return { text: text.replaceAll(tooDeep, "…"), problems: ["what is nested deeper than 1,000 elements is left out"] };
}
