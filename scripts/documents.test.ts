import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { layerNames } from "../packages/rlm-core/src/confined/layers.ts";
import { core, packages } from "./layers.ts";

const documents = globSync(["*.md", "docs/*.md", "packages/*/README.md"]);

describe("the documents", () => {
  it.each(documents)("%s names only files that exist", (document) => {
    const text = readFileSync(document, "utf8");
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, target = ""]) =>
      join(dirname(document), target),
    );
    const paths = [...text.matchAll(/`((?:packages|examples|test|bench|scripts|docs)\/[\w./-]*)`/g)].map(
      ([, path = ""]) => path,
    );
    expect([...links, ...paths].filter((path) => !existsSync(path))).toEqual([]);
  });

  it("docs/langchain.md shows each form in at most ten lines", () => {
    const blocks = readFileSync("docs/langchain.md", "utf8").matchAll(/^```[tj]s.*\n([^]*?)^```$/gm);
    const lines = [...blocks].map(([, code = ""]) => code.split("\n").filter((line) => line.trim() !== "").length);
    expect(lines.length).toBeGreaterThan(6);
    expect(Math.max(...lines)).toBeLessThanOrEqual(10);
  });

  it("ARCHITECTURE.md shows the layers that the check keeps", () => {
    const allowed = Object.entries({ ...core, ...packages }).map(([name, { imports }]) => [name, list(imports)]);
    const shown = tableRows("ARCHITECTURE.md").map((row) => [row[0], row.at(-1)]);
    expect(shown).toEqual(expect.arrayContaining(allowed));
  });

  it("SECURITY.md lists the layers of the sandbox", () => {
    const names = tableRows("SECURITY.md").map(([name]) => name);
    expect(names.filter((name) => name?.startsWith("`"))).toEqual(layerNames.map((name) => `\`${name}\``));
  });

  it("every command in CONTRIBUTING.md is a script of package.json", () => {
    const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: object };
    const named = [...readFileSync("CONTRIBUTING.md", "utf8").matchAll(/npx -y pnpm@[\d.]+ ([\w:]+)/g)].map(
      ([, name]) => name,
    );
    expect(named.length).toBeGreaterThan(5);
    expect(
      named.filter((name) => name !== "exec" && name !== "changeset" && !Object.hasOwn(scripts, name ?? "")),
    ).toEqual([]);
  });
});

describe("pnpm-workspace.yaml", () => {
  it("nodeVersion is the Node that package.json brings", () => {
    const { devDependencies } = JSON.parse(readFileSync("package.json", "utf8")) as {
      devDependencies: Record<string, string>;
    };
    expect(readFileSync("pnpm-workspace.yaml", "utf8")).toContain(`\nnodeVersion: ${devDependencies["node"]} `);
  });
});

function list(words: string[]): string {
  return words.map((word) => `\`${word}\``).join(" ") || "nothing";
}

function tableRows(document: string): string[][] {
  const lines = readFileSync(document, "utf8").split("\n");
  return lines
    .filter((line) => line.startsWith("|"))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}
