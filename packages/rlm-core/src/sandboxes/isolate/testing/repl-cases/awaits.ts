import type { ReplCases } from "./repl-case.ts";

const forgotten = (calls: string): string =>
  `[${calls} not awaited: the code ended first, and the block waited. Put await before a call to use its result.]`;

/** `await` at the top in all of its places, and what is forgotten of it. */
export const awaits: ReplCases = {
  "a declaration with await": [
    ["const v = await Promise.resolve(5)", ""],
    ["v*2", "10"],
  ],
  "a declaration after await": [
    ["let a=1; await null; let b=a+1", ""],
    ["b", "2"],
  ],
  "in a condition, an argument, a template, an index, a default and a computed key": [
    [
      "const p = (v) => Promise.resolve(v)\nif (await p(true)) print(await p(1), `${await p(2)}`, [5, 6][await p(1)])\nconst { a = await p(3), [await p('b')]: c } = { b: 4 }\n;[a, c]",
      "1 2 6\n[3, 4]",
    ],
  ],
  "in the heads of loops, in a switch, in a throw and in a spread": [
    [
      "const p = (v) => Promise.resolve(v)\nfor (let i = await p(0); i < (await p(2)); i += await p(1)) print(i)\nfor (const x of await p([7])) print(x)\nwhile (await p(false)) ;\nswitch (await p(1)) { case await p(1): print('case') }\nprint(...(await p([8, 9])))\ntry { throw await p('t') } catch (e) { print(e) }",
      "0\n1\n7\ncase\n8 9\nt",
    ],
  ],
  "in a class's head and in an object": [
    [
      "class A extends (await Promise.resolve(Array)) { [await Promise.resolve('m')]() { return 1 } }\nconst o = { k: await Promise.resolve(2) }\n;[new A().m(), o.k]",
      "[1, 2]",
    ],
  ],
  "with ??, ?., unary operators and brackets": [
    ["-(await Promise.resolve(2)) + ((await Promise.resolve(null)) ?? 5) + (await Promise.resolve({ x: 1 }))?.x", "4"],
  ],
  "await of what is no promise, and of a thenable": [["[await 5, await { then(f) { f('then') } }]", '[5, "then"]']],
  "for await over promises": [["let sum = 0; for await (const x of [Promise.resolve(1), 2]) sum += x\nsum", "3"]],
  "calls one after another and at once": [
    [
      "const one = await llm_query('a'); const two = await Promise.all(['b', 'c'].map((p) => llm_query(p)))\nprint(one, two)",
      're: a ["re: b", "re: c"]',
    ],
    ["[one, two.length]", '["re: a", 2]'],
  ],
  "a call that fails": [
    ["await llm_query('fail')", /^Error: failed\n {4}at block-1\.js:1:7$/],
    ["try { await llm_query('fail') } catch (e) { print(e.message) }", "failed"],
  ],
  "await in a plain function": [
    [
      "function f(){ await 1 }",
      /^SyntaxError: await stands only in async functions and outside of functions; make this function async\n {4}at block-1\.js:1:21/,
    ],
    ["[1].map((x) => await llm_query(x))", /^SyntaxError: await stands only in async functions/],
    ["class A { static { await 1 } }", /^SyntaxError: .*await/],
  ],
  "a printed promise": [
    ["print(llm_query('a'))", `[Promise: put \`await\` before it to get its value]\n${forgotten("1 call was")}`],
  ],
  "a printed list of promises": [
    [
      "print([1, 2].map(async (n) => llm_query('q' + n)).length)\nprint([llm_query('a')])",
      `2\n[[Promise: put \`await\` before it to get its value]]\n${forgotten("3 calls were")}`,
    ],
  ],
  "a promise in a template": [["print(`${llm_query('a')}`)", `[object Promise]\n${forgotten("1 call was")}`]],
  "a call that is not awaited is done before the next block": [
    ["let text = 'none'; llm_query('a').then((t) => { text = t }); print(text)", `none\n${forgotten("1 call was")}`],
    ["text", "re: a"],
  ],
  "forEach with async is done before the next block": [
    [
      "const out = []; ['a', 'b'].forEach(async (p) => { out.push(await llm_query(p)) }); print(out.length)",
      `0\n${forgotten("2 calls were")}`,
    ],
    ["out", '["re: a", "re: b"]'],
  ],
  "what is printed after the end of the code": [
    ["llm_query('a').then((t) => print('late', t)); print('end')", `end\n${forgotten("1 call was")}\nlate re: a`],
  ],
  "an async function that is called and forgotten": [
    [
      "let state = 'begun'; async function work() { await null; state = await llm_query('w') }\nwork(); print(state)",
      `begun\n${forgotten("1 call was")}`,
    ],
    ["state", "re: w"],
  ],
  "an async function without calls that is forgotten": [
    ["let n = 0; (async () => { for (let i = 0; i < 5; i++) { await null; n++ } })(); print(n)", "0"],
    ["n", "5"],
  ],
  "a promise that is kept and awaited in a later block": [
    ["const kept = llm_query('k'); print('started')", `started\n${forgotten("1 call was")}`],
    ["await kept", "re: k"],
  ],
  "a promise that is settled by a later block": [
    [
      "let resolve; const gate = new Promise((r) => { resolve = r })\ngate.then((v) => print('open', v)); print('shut')",
      "shut",
    ],
    ["resolve(1); await gate", "open 1\n1"],
  ],
  "a promise that nothing settles": [
    ["const before = 1; await new Promise(() => {})", /^Deadlock: the block awaits a promise that nothing can settle/],
    ["before", "1"],
  ],
  "a rejection that nobody handles": [["Promise.reject(new Error('dropped')); (async () => { throw 1 })(); 42", "42"]],
  "a rejection as the last expression": [
    ["Promise.reject(new Error('last'))", /^Error: last\n {4}at block-1\.js:1:16$/],
  ],
  "Promise.any and its errors": [
    ["await Promise.any([llm_query('fail'), llm_query('b')])", "re: b"],
    ["await Promise.any([Promise.reject(new Error('one'))])", /^AggregateError: .*\n?[\s\S]*Error: one/],
  ],
};
