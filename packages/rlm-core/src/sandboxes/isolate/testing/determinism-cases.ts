/** What could differ from one run to the next, as blocks that keep it in variables. */
export interface DeterminismCase {
  blocks: readonly string[];
  /** What the last block prints. */
  prints: RegExp;
  /** Whether results come in an order of their own instead of all at once. */
  shuffled?: boolean;
  limits?: { computeMs?: number; heapMb?: number };
}

export const determinismCases: Readonly<Record<string, DeterminismCase>> = {
  "Date in all of its forms": {
    blocks: [
      "class Own extends Date {}\nconst dates = [new Date(), Date(), Date.now(), new (new Date(0).constructor)(), new Own(), Reflect.construct(Date, [])]",
      "const parts = new Date(2020, 5, 1, 12), parsed = Date.parse('2020-06-01T12:00'), text = [String(parts), parts.getHours(), parts.getTimezoneOffset()]\nprint(dates[2], parts.toISOString(), parsed, text)",
    ],
    prints: /^\d+ 2020-06-01T12:00:00\.000Z 1591012800000 \["Mon Jun 01 2020 12:00:00 GMT\+0000/,
  },
  "the clock while code computes": {
    blocks: ["const ticks = Array.from({ length: 5_000 }, () => Date.now()); print(ticks.at(-1) - ticks[0])"],
    prints: /^4$/,
  },
  "Intl without arguments": {
    blocks: [
      "const formats = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' }), shown = [formats.format(), formats.formatToParts(), new Intl.DateTimeFormat().format(), formats.resolvedOptions()]",
      "print(shown[0], shown[3].timeZone, shown[3].locale)",
    ],
    prints: /^Thursday, January 1, 1970 at 12:00:\d\d.AM UTC UTC en-US$/,
  },
  "the current time of Temporal": {
    blocks: ["const now = typeof Temporal === 'undefined' ? 'none' : typeof Temporal.Now; print(now)"],
    prints: /^(none|undefined)$/,
  },
  "locale and time zone": {
    blocks: [
      "const words = ['ö', 'z', 'İ', 'i', 'ı', 'ä'], inLocale = [(1234567.891).toLocaleString(), new Date(0).toLocaleString(), words.toSorted((a, b) => a.localeCompare(b)), 'iI'.toLocaleUpperCase(), 'İI'.toLocaleLowerCase(), [1.5, new Date(0)].toLocaleString(), (12n).toLocaleString()]",
      "const resolved = ['Collator', 'NumberFormat', 'PluralRules', 'Segmenter', 'ListFormat', 'DateTimeFormat', 'RelativeTimeFormat'].map((name) => new Intl[name]().resolvedOptions())\nprint(inLocale[0], inLocale[1], inLocale[3], resolved[0].locale)",
    ],
    prints: /^1,234,567\.891 1\/1\/1970, 12:00:00.AM II en-US$/,
  },
  "Math.random()": {
    blocks: [
      "const luck = Array.from({ length: 50 }, Math.random)",
      "luck.push(Math.random(), await llm_query('between') && Math.random()); luck.sort(() => Math.random() - 0.5); print(new Set(luck).size)",
    ],
    prints: /^52$/,
  },
  "the order in which calls complete": {
    blocks: [
      "const order = []; await Promise.all(Array.from({ length: 12 }, async (_, i) => { order.push(i, await llm_query(`q${i}`)); if (i % 3 === 0) order.push(await llm_query(`again ${i}`)) }))",
      "const first = await Promise.race(['a', 'b', 'c'].map((p) => llm_query(p))), any = await Promise.any(['d', 'e'].map((p) => llm_query(p))); print(order.length, first, any)",
    ],
    prints: /^28 re: \w re: \w\n\[2 calls were not awaited/,
    shuffled: true,
  },
  "the order of microtasks": {
    blocks: [
      "const seen = []; const chain = async (name, n) => { for (let i = 0; i < n; i++) { await null; seen.push(name + i) } }\nconst thenable = { then(f) { seen.push('then'); f() } }\nawait Promise.allSettled([chain('a', 3), chain('b', 5), (async () => { await thenable; seen.push('c') })(), Promise.reject(new Error('d'))]); print(seen.join())",
    ],
    prints: /^a0,b0,then,/,
  },
  "weak references, shared memory, timers, clocks and chance of the host": {
    blocks: [
      "const absent = ['WeakRef', 'FinalizationRegistry', 'SharedArrayBuffer', 'Atomics', 'WebAssembly', 'performance', 'crypto', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'process', 'gc'].filter((name) => name in globalThis); print(absent.length)",
    ],
    prints: /^0$/,
  },
  "the order of keys, Maps and Sets": {
    blocks: [
      "const keys = {}; for (let i = 0; i < 2_000; i++) keys[(i * 7919) % 1_009 + (i % 2 ? 'k' : '')] = i\nconst map = new Map(Object.entries(keys).reverse()); for (const key of [...map.keys()].slice(0, 300)) map.delete(key)\nmap.set('late', 1)",
      "const listed = [Object.keys(keys), [...map], JSON.stringify(keys), Object.groupBy([3, 1, 2], (n) => n), Reflect.ownKeys({ b: 1, 2: 1, [Symbol('s')]: 1, a: 1, 1: 1 })]; for (const key in Object.create(keys)) listed.push(key)\nprint(listed.length > 1_000, map.size)",
    ],
    prints: /^true \d+$/,
  },
  "sorting with a comparator that contradicts itself": {
    blocks: [
      "const sorted = [() => 1, () => -1, () => Math.random() - 0.5, (a, b) => (a % 7) - (b % 5), () => NaN].map((by) => Array.from({ length: 700 }, (_, i) => (i * 31) % 701).sort(by)); print(sorted[4].length)",
    ],
    prints: /^700$/,
  },
  "the text and the stack of errors": {
    blocks: [
      "const messages = []; for (const bad of [() => null.x, () => undefined.y(), () => missing, () => JSON.parse('{\"a\": tru}'), () => new RegExp('['), () => (1).toFixed(200), () => 'x'.repeat(-1), () => BigInt('z'), () => decodeURI('%'), () => [].reduce((a) => a), () => Symbol() + 1, () => new Array(-1), () => structuredClone, () => 1n + 1, () => { class A { #p; static q(o) { return o.#p } } A.q({}) }]) try { bad() } catch (e) { messages.push(e.name, e.message, e.stack) }",
      "async function deep(n) { await null; if (n === 0) throw new Error('deep'); await deep(n - 1) }\ntry { await deep(5) } catch (e) { messages.push(e.stack) }\ntry { await llm_query('fail') } catch (e) { messages.push(e.stack) }\nprint(messages.length)",
    ],
    prints: /^4[67]$/,
  },
  "floating point, number formatting and hashes by hand": {
    blocks: [
      "const numbers = []; for (let i = 1; i < 500; i++) numbers.push(Math.sin(i), Math.exp(i / 50), Math.pow(1.1, i), Math.cbrt(i), Math.atan2(i, 3), (i / 7).toString(3), (i * 1e20).toPrecision(18), Math.hypot(i, i + 1), Math.fround(i / 3))\nlet hash = 0; for (const c of context.repeat(1_000)) hash = Math.imul(hash ^ c.charCodeAt(0), 16777619); print(numbers.length)",
    ],
    prints: /^4491$/,
  },
  "where the stack ends": {
    blocks: [
      "let depth = 0, ends = []; function down() { depth++; down() }\nfor (let i = 0; i < 3; i++) { depth = 0; try { down() } catch (e) { ends.push(depth, e.message) } }",
      "const dive = (n) => { try { return dive(n + 1) } catch { return n } }; ends.push(dive(0)); let nest = []; for (let i = 0; i < 100_000; i++) nest = [nest]\nfor (const f of [() => JSON.stringify(nest), () => nest.flat(Infinity), () => String(nest), () => /(a|b)*c/.test('ab'.repeat(1_000))]) try { ends.push(typeof f()) } catch (e) { ends.push(e.message) }\nnest = null; for (let i = 0; i < 20_000; i++) ((n) => n + 1)(i); depth = 0; try { down() } catch { ends.push(depth) }\nprint(ends[0] > 1_000)",
    ],
    prints: /^true$/,
  },
  "the text of functions and of what is printed": {
    blocks: [
      "function f ( a ) { return a }\n{ function g() { return 1 } }\nclass K { #p = 1; m() { return this.#p } }\nconst sources = [f, g, K, (x) => x, async () => {}, Math.max, K.prototype.m].map(String)\nprint(sources[0], new K(), new Map([[f, g]]), Symbol('s'), [, 1], -0, 1n, new Error('e').message)",
    ],
    prints: /^function f \( a \) \{ return a \} /,
  },
  "a block that computes too long": {
    blocks: [
      "let kept = Math.random(), n = 0",
      "kept = 'changed'; const gone = await llm_query('gone'); while (true) n++",
      "kept = [kept, Math.random(), typeof gone, n]; print(kept[2], kept[3])",
    ],
    prints: /^undefined 0$/,
    limits: { computeMs: 500 },
  },
  "a block that takes too much memory": {
    blocks: [
      "let kept = Math.random(), n = 0",
      "kept = 'changed'; const all = []; while (true) { n++; all.push([n, { n }]) }",
      "let caught = 0; const parts = []; try { for (;;) parts.push(new Uint8Array(1e6)) } catch { caught++ }",
      "kept = [kept, Math.random(), typeof all, typeof caught, n]; print(kept[2], kept[3], kept[4])",
    ],
    prints: /^undefined undefined 0$/,
    limits: { heapMb: 32 },
  },
};
