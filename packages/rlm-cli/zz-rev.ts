import { load } from "rlm-tools/loaders";
const [cwd, ...paths] = process.argv.slice(2);
try {
  const l = await load(paths, { cwd });
  const c = l.context;
  console.log(
    JSON.stringify(
      typeof c === "string"
        ? c.slice(0, 600)
        : Object.fromEntries(Object.entries(c).map(([k, v]) => [k, typeof v === "string" ? v.slice(0, 300) : v])),
    ),
  );
  for (const d of l.documents)
    console.log("DOC", d.name, d.kind, d.encoding, d.bytes, d.chars, JSON.stringify(d.problems));
  for (const d of l.unread) console.log("UNREAD", JSON.stringify(d));
  console.log("LEFT", l.leftOut, "LENGTH", l.length);
  l.remove();
} catch (e) {
  console.log("THROWN", (e as Error).name, (e as Error).constructor.name, JSON.stringify((e as Error).message));
}
