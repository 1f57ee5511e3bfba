import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { findFiles } from "./find-files.ts";
let seed = Number(process.argv[2] ?? 1);
const until = Date.now() + Number(process.argv[3] ?? 40) * 1000;
const rnd = (n: number) => {
  seed = (seed * 1103515245 + 12345) & 0x7fffffff;
  return (seed >>> 8) % n;
};
const pick = <T>(a: readonly T[]): T => a[rnd(a.length)] as T;
const segs = [
  "a",
  "b",
  "foo",
  "bar",
  "x.log",
  "y.txt",
  "build",
  "a b",
  "A",
  "é",
  "[x]",
  "#h",
  "!n",
  "z*",
  "t ",
  "q\\r",
];
const atoms = [
  "a",
  "b",
  "foo",
  "bar",
  "*.log",
  "*",
  "**",
  "y.txt",
  "build",
  "a b",
  "A",
  "?",
  "[ab]",
  "[!a]",
  "[a-c]*",
  "b*",
  "f?o",
  "\\#h",
  "\\!n",
  "é",
  "\\[x\\]",
  "[x]",
  "x.*",
  "*o*",
  "z\\*",
  "t\\ ",
  "[[:alpha:]]",
  "q\\\\r",
  "[^b]",
  "**a",
  "a**",
  "[]a]",
  "[z-a]",
  "{a,b}",
];
const pattern = () => {
  const n = 1 + rnd(3);
  let p = Array.from({ length: n }, () => pick(atoms)).join("/");
  if (rnd(4) === 0) p = "/" + p;
  if (rnd(3) === 0) p += "/";
  if (rnd(3) === 0) p = "!" + p;
  if (rnd(12) === 0) p += " ";
  return p;
};
const seen = new Map<string, number>();
let runs = 0,
  bad = 0;
while (Date.now() < until) {
  runs++;
  const root = "/tmp/rev/fz/t" + process.argv[2];
  rmSync(root, { recursive: true, force: true });
  mkdirSync(root, { recursive: true });
  execFileSync("git", ["init", "-q", root]);
  const ig: Record<string, string> = {};
  for (let i = 0; i < 12; i++) {
    const p = Array.from({ length: 1 + rnd(4) }, () => pick(segs)).join("/");
    try {
      mkdirSync(dirname(join(root, p)), { recursive: true });
      writeFileSync(join(root, p), "x");
    } catch {}
  }
  for (const d of ["", "a", "foo", "a/b", "build"])
    if (d === "" || rnd(3) === 0) {
      const t = Array.from({ length: 1 + rnd(4) }, pattern).join("\n") + "\n";
      try {
        writeFileSync(join(root, d, ".gitignore"), t);
        ig[d] = t;
      } catch {}
    }
  const git = execFileSync("git", [
    "-C",
    root,
    "-c",
    "core.quotePath=false",
    "ls-files",
    "-z",
    "--others",
    "--exclude-standard",
  ])
    .toString()
    .split("\0")
    .filter((p) => p && !p.split("/").some((s) => s.startsWith(".")))
    .sort();
  let ours: string[];
  try {
    ours = (await findFiles(root, root)).files.map((f) => f.key).sort();
  } catch (e) {
    ours = (e as Error).message.includes("no files") ? [] : ["THROWN " + (e as Error).stack];
  }
  if (JSON.stringify(git) !== JSON.stringify(ours)) {
    bad++;
    const lost = git.filter((g) => !ours.includes(g)),
      extra = ours.filter((g) => !git.includes(g));
    if (bad <= 12) console.log(JSON.stringify({ ig, lost, extra }));
  }
}
console.log({ runs, bad });
