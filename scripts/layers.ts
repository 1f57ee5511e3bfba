import { cruise, type ICruiseResult, type IForbiddenRuleType } from "dependency-cruiser";

const terminal = ["^(node:)?(readline|repl|tty)"];

/** What each package may import of the others, and what it must not know. Everything else is in its package.json. */
export const packages: Record<string, { imports: string[]; typesOnly?: { but: string }; unknown?: string[] }> = {
  "rlm-core": { imports: [], unknown: ["langchain", "langgraph", "deepagents", ...terminal] },
  "rlm-tools": {
    imports: ["rlm-core"],
    // Kits are data. Loaders make contexts, and run what is hostile in a confined process.
    typesOnly: { but: "src/loaders/" },
    unknown: ["langchain", "langgraph", "deepagents", ...terminal],
  },
  "rlm-langgraph": { imports: ["rlm-core", "rlm-tools"], unknown: ["deepagents", ...terminal] },
  "rlm-deepagents": { imports: ["rlm-core", "rlm-langgraph"], unknown: terminal },
  "rlm-cli": { imports: ["rlm-core", "rlm-tools", "rlm-langgraph"], unknown: ["deepagents"] },
};

/**
 * The groups inside rlm-core. A name in `files` is `src/<name>.ts` and everything in `src/<name>/`; `*` stands for the
 * rest of a name. A file imports its own group and those in `imports`. A new file is a word here.
 */
export const core: Record<string, { files: string; imports: string[] }> = {
  ports: {
    files: `model cache context sandbox output errors json-schema schema-form store limits tool journal state review check-decision bindings
      hash digest named reserved-names check-tools kit-source define-tool file file-text file-ref file-index paged-file rows file-pieces paged-text first-invalid text-encoding scan-file json-text text-length text-ref text-slices whole-file store-context context-ref tokens citations`,
    imports: [],
  },
  means: {
    files:
      "run events listener record-digest budget budget-log budget-room spending usage stopwatch prices prompt history parse-reply turns wishes session-contexts derivations semaphore",
    imports: ["ports"],
  },
  queries: { files: "queries", imports: ["ports", "means"] },
  steps: { files: "steps", imports: ["ports", "means", "queries"] },
  loop: { files: "loop tree options check-models", imports: ["ports", "means", "queries", "steps", "stores"] },
  // A process that runs what may be hostile: the sandbox's own, and whatever else needs one.
  confined: { files: "confined", imports: [] },
  sandboxes: { files: "sandboxes", imports: ["ports", "confined"] },
  stores: { files: "stores caches", imports: ["ports"] },
  records: { files: "trajectory* read-trajectory context-difference replay*", imports: ["ports", "means", "stores"] },
  resume: {
    files: "resume",
    imports: ["ports", "means", "queries", "steps", "loop", "stores", "records"],
  },
  // Only the index wires the default sandbox to the loop.
  index: {
    files: "index driver default-sandbox",
    imports: ["ports", "means", "queries", "steps", "loop", "confined", "sandboxes", "stores", "records", "resume"],
  },
  testing: {
    files: "testing",
    imports: ["ports", "means", "queries", "steps", "loop", "confined", "sandboxes", "stores", "records", "resume"],
  },
};

/** Every import below `root`/packages that the tables forbid, every cycle, and every file of rlm-core without a group. */
export async function layerViolations(root: string): Promise<string[]> {
  const { output } = await cruise(
    ["packages"],
    {
      baseDir: root,
      validate: true,
      ruleSet: { forbidden: [...cycleRules(), ...packageRules(), ...coreRules()] },
      exclude: { path: "(^|/)dist/" },
      doNotFollow: { path: "node_modules" },
      tsPreCompilationDeps: true, // types count too
    },
    { conditionNames: ["rlm-source", "import", "node", "default"], exportsFields: ["exports"], extensions: [".ts"] },
  );
  const { modules, summary } = output as ICruiseResult;
  const forbidden = summary.violations.map(({ rule, from, to, cycle }) =>
    [`${rule.name}: ${from}`, ...(cycle?.map(({ name }) => name) ?? [to])].join(" → "),
  );
  const listed = new RegExp(Object.keys(core).map(pathsOf).join("|"));
  const unlisted = modules
    .filter(({ source }) => source.startsWith(coreFolder) && !test.test(source) && !listed.test(source))
    .map(({ source }) => `in no group of scripts/layers.ts: ${source}`);
  return [...forbidden, ...unlisted];
}

const coreFolder = "packages/rlm-core/src/";
// A test may import what it likes; nothing imports a test.
const test = /\.test\.ts$/;

function cycleRules(): IForbiddenRuleType[] {
  return [
    { name: "cycle", severity: "error", from: {}, to: { circular: true } },
    { name: "a test is imported", severity: "error", from: {}, to: { path: test.source } },
  ];
}

function packageRules(): IForbiddenRuleType[] {
  return Object.entries(packages).flatMap(([name, { imports, typesOnly, unknown = [] }]) => {
    const from = { path: `^packages/${name}/` };
    const shipped = { ...from, pathNot: test.source };
    const others = Object.keys(packages).filter((other) => other !== name);
    const forbidden = others.filter((other) => !imports.includes(other));
    const outside = [...forbidden.map((other) => `packages/${other}`), "examples", "test", "bench", "scripts"];
    return [
      { name: `${name} may not import`, severity: "error", from, to: { path: `^(${outside.join("|")})/` } },
      ...(typesOnly === undefined ? [] : imports).map((other): IForbiddenRuleType => {
        const valueless = { ...from, pathNot: [test.source, `^packages/${name}/${typesOnly?.but}`] };
        const to = { path: `^packages/${other}/`, dependencyTypesNot: ["type-only" as const] };
        return { name: `${name} may import types alone`, severity: "error", from: valueless, to };
      }),
      ...unknown.map((path): IForbiddenRuleType => {
        return { name: `${name} must not know`, severity: "error", from: shipped, to: { path } };
      }),
      {
        name: "another package by path instead of name",
        severity: "error",
        from,
        to: { path: `^packages/(${others.join("|")})/`, dependencyTypes: ["local"] },
      },
    ];
  });
}

function coreRules(): IForbiddenRuleType[] {
  const oneSandbox = `^${coreFolder}sandboxes/([^/]+)/`;
  return [
    ...Object.entries(core).map(([group, { imports }]): IForbiddenRuleType => {
      const allowed = [group, ...imports].map(pathsOf);
      return {
        name: `${group} may not import`,
        severity: "error",
        from: { path: pathsOf(group), pathNot: test.source },
        to: { path: `^${coreFolder}`, pathNot: allowed },
      };
    }),
    {
      name: "a sandbox may not import another",
      severity: "error",
      from: { path: oneSandbox },
      to: { path: oneSandbox, pathNot: `^${coreFolder}sandboxes/$1/` },
    },
  ];
}

function pathsOf(group: string): string {
  const names = core[group]?.files.replaceAll("*", "[^/]*").split(/\s+/) ?? [];
  return `^${coreFolder}(${names.join("|")})(\\.ts$|/)`;
}

if (import.meta.main) {
  const violations = await layerViolations(process.cwd());
  for (const violation of violations) console.error(violation);
  process.exitCode = violations.length > 0 ? 1 : 0;
}
