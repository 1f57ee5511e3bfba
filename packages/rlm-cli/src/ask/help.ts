/** What `rlm ask --help` says below its options. */
export const askHelp = `
Contexts:
  One file is the text itself, in the variable \`context\`; it is read where it is, at any size. A .csv, .tsv, .json or
  .jsonl file is the array or object that it holds. Of HTML, PDF and Word documents it is the readable text, which a
  confined process makes of them. Several files, a folder or a glob are one object: texts by path. name=PATH makes a
  variable of its own.
  The encoding is that of the byte order mark, else UTF-8, else the likeliest by the bytes, which is said then;
  --encoding says another.
  Of folders and globs, hidden files, symbolic links, .git, node_modules, files that are not text and what you may not
  read are left out; of folders also what .gitignore files leave out. All that is left out, damaged or encrypted is told.

Examples:
  $ rlm ask "Which requests failed, and why?" --context app.log --model openai:gpt-5-mini
  $ rlm ask "Which of these clauses contradict each other?" --context contracts/ --model anthropic:claude-sonnet-4-5
  $ rlm ask "Where is the retry logic?" --context 'src/**/*.ts' --model openai:gpt-5 --sub-model openai:gpt-5-mini
  $ git log -p | rlm ask "When did the cache begin to be shared?" --context - --model ollama:qwen3 --context-window 32768
  $ rlm ask "Which lines break the rules?" --context logs=app.log --context rules=rules.md --model openai:gpt-5
  $ rlm ask "What broke?" --context app.log --model openai:gpt-5 --thread incident-7 --approve code,budget
  $ rlm ask "And who noticed?" --thread incident-7
  $ rlm ask "Summarise it" --context book.txt --model openai:gpt-5 --dry-run --prices prices.json
  $ rlm ask "What is said of the bridge?" --context book.txt --model offline
  $ rlm ask "Who signed, and when? Name the pages." --context contract.pdf --model openai:gpt-5 --cite
  $ rlm ask "How many?" --context data.csv --model openai:local --base-url http://localhost:8000/v1 --context-window 32k

Threads:
  --thread ID keeps the run, its contexts and what its code found: rlm resume ID goes on after Ctrl-C, a crash or a
  limit, and never pays again for what is recorded. A further question on the thread finds the variables and contexts
  of those before it; without --context it is about what is there, with one that is \`context\`, and also context_1,
  context_2 and so on. Without --thread the trace is kept: rlm resume TRACE --context PATH.

Evidence:
  --cite has the model quote, for each claim of its answer, the passage of the context that shows it. Only what stands
  there counts, apart from white space and the form of quotation marks; what you see is the context's own text, with
  file:line:column. An answer at a limit, or over a short context, may have claims that were not found: they are marked.

Approval:
  --approve code,tools,budget,answer asks you, at the terminal, where stdin may be the context. You see the code, the
  call, the limit with what is spent, or the answer, and type y, n and what should be different, e to change it (in
  VISUAL or EDITOR, else by typing it), a new limit, a for no more questions of that kind, or q. Ctrl-C or q stops, and
  nothing is lost. Without a terminal the run of a thread waits (exit code 5) until rlm resume ID; others do not begin.
  rlm ask has no tools of its own: tools is for commands that are made of it.

Environment:
  RLM_MODEL, RLM_SUB_MODEL  for --model and --sub-model
  OPENAI_BASE_URL           for --base-url, with models of openai
  OPENAI_API_KEY, ANTHROPIC_API_KEY, GOOGLE_API_KEY, …  the provider’s key
  NO_COLOR                  no colours
  RLM_HOME                  the folder of threads (default: rlm in $XDG_STATE_HOME, else in ~/.local/state)
  VISUAL, EDITOR            where --approve lets you edit

Output:
  The answer on stdout, everything else on stderr. Escape sequences and control characters of an answer are not
  written, neither to a terminal nor to a pipe; --json has them, escaped.
  Every run keeps a trace, which may hold parts of the context: a file that only you can read, named at the end.

Exit codes:
  0 answered   1 failed (a server that cannot be reached, a limit before there was any answer, …)
  2 wrong usage or input, no key, or a key that the provider refuses
  3 answered at a limit, with the best there was   5 the run of a thread waits for an approval
  130 interrupted (Ctrl-C; a second one ends at once)`;
