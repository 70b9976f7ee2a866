/** A cell runs as the course promises: its results, errors, imports and names reach what comes after it. */
import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import type { KernelClient } from "./client.js";
import { begin, ofType, printed, result, ROOT, startKernel, traceback, wait } from "./kernel.js";

let kernel: KernelClient;
before(async () => (kernel = await startKernel()));
after(() => kernel.shutdown());

test("the last expression is an execute_result with the cell's count", async () => {
  const first = await kernel.execute("1 + 2 * 3");
  assert.equal(result(first), "7");
  const count = first.reply.execution_count;
  assert.deepEqual(ofType(first, "execute_input"), [{ code: "1 + 2 * 3", execution_count: count }]);
  assert.equal(ofType(first, "execute_result")[0].execution_count, count);
  const second = await kernel.execute("const quiet = 1;");
  assert.equal(second.reply.execution_count, Number(count) + 1);
  assert.equal(result(second), undefined);
});

test("null is shown, undefined is not, and a string is quoted", async () => {
  assert.equal(result(await kernel.execute("null")), "null");
  assert.equal(result(await kernel.execute("undefined")), undefined);
  assert.equal(result(await kernel.execute("'a' + 'b'")), "'ab'");
});

test("a value shows itself by Symbol.for('Jupyter.display'), bytes as base64", async () => {
  const shown = await kernel.execute(`({
    [Symbol.for("Jupyter.display")]: async () => ({ "text/plain": "a dot", "image/png": new Uint8Array([1, 2, 3]) }),
  })`);
  assert.deepEqual(ofType(shown, "execute_result")[0].data, { "text/plain": "a dot", "image/png": "AQID" });
  const sized = await kernel.execute(`({
    [Symbol.for("Jupyter.display")]: () => ({ data: { "text/html": "<b>x</b>" }, metadata: { "text/html": { isolated: true } } }),
  })`);
  assert.deepEqual(ofType(sized, "execute_result")[0].metadata, { "text/html": { isolated: true } });
});

test("a display that throws is the cell's error", async () => {
  const shown = await kernel.execute(`({ [Symbol.for("Jupyter.display")]() { throw new Error("no picture"); } })`);
  assert.equal(ofType(shown, "error")[0].evalue, "no picture");
  assert.equal(shown.reply.status, "error");
});

test("a display that is no JSON is the cell's error, and the kernel goes on", async () => {
  for (const bad of ["{ n: 10n }", "(() => { const o: { o?: object } = {}; o.o = o; return o; })()"]) {
    const shown = await kernel.execute(`({ [Symbol.for("Jupyter.display")]: () => ({ "application/json": ${bad} }) })`);
    assert.equal(shown.reply.status, "error");
    assert.match(String(ofType(shown, "error")[0].evalue), /BigInt|circular/);
  }
  assert.equal(result(await kernel.execute("1 + 1")), "2");
});

test("an error that is its own cause is told, in a cell and in a timer", async () => {
  const cell = await kernel.execute("const e = new Error('round'); e.cause = e; throw e;");
  assert.match(traceback(cell), /round/);
  await kernel.execute(
    "setTimeout(() => { const t = new Error('again'); t.cause = t; throw t; }, 10); await new Promise((r) => setTimeout(r, 60));",
  );
  assert.equal(result(await kernel.execute("2 + 2")), "4");
});

test("a bracket that is not closed is told at the end of the cell's own text", async () => {
  const open = traceback(await kernel.execute("const a1 = 1;\nfunction f1() {\n  return a1;"));
  assert.match(open, /at line 3, column 13: .*'}' expected/);
  assert.doesNotMatch(open, /line 4|export/);
  assert.match(traceback(await kernel.execute("const x1 = Math.max(1, 2")), /at line 1, column 25: .*',' expected/);
});

test("the learner's line is told for an error from deep inside", async () => {
  const deep =
    "const down = (n: number): number => { if (n === 0) throw new Error('deep'); return [n].map((k) => down(k - 1))[0]; };\n";
  assert.match(traceback(await kernel.execute(`${deep}down(40);`)), /line 1/);
});

test("an error of one cell leaves what others have running", async () => {
  await kernel.execute(
    "const job = (async () => { for (let i = 0; i < 20; i++) await new Promise((r) => setTimeout(r, 10)); return 'done'; })();",
  );
  assert.equal((await kernel.execute("throw new Error('a slip');")).reply.status, "error");
  assert.equal(result(await kernel.execute("await job")), "'done'");
});

test("a module that fails while it loads is loaded anew; one may be a folder's index", async () => {
  const [helper, lib] = [path.join(ROOT, "half-a-module.ts"), path.join(ROOT, "a-folder-module")];
  writeFileSync(
    helper,
    "export const a = 1;\nif (!process.env.HALF) throw new Error('not yet');\nexport const b = 2;\n",
  );
  mkdirSync(lib);
  writeFileSync(path.join(lib, "index.ts"), "export const inFolder = 3;\n");
  try {
    const code = "import { a, b } from './half-a-module';\n[a, b]";
    assert.match(traceback(await kernel.execute(code)), /not yet/);
    assert.match(traceback(await kernel.execute(code)), /not yet/);
    assert.equal(result(await kernel.execute(`process.env.HALF = "1";\n${code}`)), "[ 1, 2 ]");
    assert.equal(result(await kernel.execute("import { inFolder } from './a-folder-module';\ninFolder")), "3");
  } finally {
    rmSync(helper);
    rmSync(lib, { recursive: true });
  }
});

test("a shorthand property takes the value of an earlier cell, unless the cell has a name of its own", async () => {
  await kernel.execute(
    "import path from 'node:path'; import { sep as slash } from 'node:path'; const one = 1; let two = 2;",
  );
  await kernel.execute("function three() { return 3; } class Four {} enum Five { a }");
  const shown = await kernel.execute(
    "const made = { one, two, three, Four, slash, path, Five }; Object.entries(made).map(([k, v]) => k + typeof v).join()",
  );
  assert.equal(result(shown), "'onenumber,twonumber,threefunction,Fourfunction,slashstring,pathobject,Fiveobject'");
  assert.equal(result(await kernel.execute("((one: number) => ({ one, two }))(10)")), "{ one: 10, two: 2 }");
  assert.equal(
    result(
      await kernel.execute("{ const two = 20; console.log({ two }); }\n[7].map((one) => ({ one })).concat({ one })"),
    ),
    "[ { one: 7 }, { one: 1 } ]",
  );
  assert.equal(result(await kernel.execute("({ two } = { two: 5 });\ntwo")), "5");
  assert.equal(
    result(await kernel.execute("({ two = 6 } = {} as { two?: number });\n({ two, one })")),
    "{ two: 6, one: 1 }",
  );
  assert.equal(result(await kernel.execute("const later = 8; ({ later, one })")), "{ later: 8, one: 1 }");
  const helper = path.join(ROOT, "shorthand-of-a-module.ts");
  writeFileSync(helper, "export const own = (): { performance: unknown } => ({ performance });\n");
  try {
    await kernel.execute("const performance = 'the cell has one too';");
    const both = await kernel.execute(
      "import { own } from './shorthand-of-a-module';\n[typeof own().performance, typeof ({ performance }).performance]",
    );
    assert.equal(result(both), "[ 'object', 'string' ]");
  } finally {
    rmSync(helper);
  }
  await kernel.execute("namespace Six { export const seven = 7; } import eight = Six.seven;");
  assert.equal(result(await kernel.execute("const all = { Six, eight }; all.Six.seven + all.eight")), "14");
  const failed = await kernel.execute("const before = 1;\n({ one, x: [] as number[] }).x[0].toFixed();");
  assert.match(traceback(failed), /line 2, column 3\d/);
});

test("an assignment to an earlier cell's variable reaches that cell's functions, and theirs reach other cells", async () => {
  await kernel.execute(
    "let rate = 0.5; let [left, { right }] = [1, { right: 2 }]; const less = (x: number) => x - rate - left - right;",
  );
  assert.equal(result(await kernel.execute("rate = 1; left = 10; right += 98; less(200)")), "89");
  await kernel.execute("var turns = 0; function turn() { turns++; return turns; }");
  assert.equal(result(await kernel.execute("turn(); turn(); turns")), "2");
  assert.equal(result(await kernel.execute("turns = 10; turn()")), "11");
  assert.equal(result(await kernel.execute("for (let i = 0; i < 3; i++) turns += 1; [turns, turn()]")), "[ 14, 15 ]");
});

test("a name that is declared again is another variable; one that was not reached is still the old", async () => {
  await kernel.execute("let step = 1; const readStep = () => step; let note = 'a'; const readNote = () => note;");
  await kernel.execute("const step = 5;");
  assert.equal(result(await kernel.execute("[step, readStep()]")), "[ 5, 1 ]");
  assert.equal(
    (await kernel.execute("if (readStep() === 1) throw new Error('before');\nlet note = 'b';")).reply.status,
    "error",
  );
  assert.equal(result(await kernel.execute("note = 'c'; readNote()")), "'c'");
  await kernel.execute("let note = 'd'; const readNew = () => note;");
  assert.equal(result(await kernel.execute("note = 'e'; [readNote(), readNew()]")), "[ 'c', 'e' ]");
});

test("a namespace lives on until its name is declared again", async () => {
  await kernel.execute("namespace Sizes { export const small = 1; export type Name = 'small'; }");
  await kernel.execute("const name: Sizes.Name = 'small';");
  assert.equal(result(await kernel.execute("({ Sizes }).Sizes[name]")), "1");
  await kernel.execute("namespace Sizes { export const large = 2; }");
  assert.equal(result(await kernel.execute("Sizes.large")), "2");
  assert.match(traceback(await kernel.execute("Sizes.small")), /Property 'small' does not exist/);
});

test("an imported TypeScript module may await and catch", async () => {
  const helper = path.join(ROOT, "awaits-in-a-module.ts");
  writeFileSync(
    helper,
    `
    export async function sum(values: AsyncIterable<number>): Promise<number> {
      let total = await Promise.resolve(0);
      for await (const value of values) total += value;
      try { throw new Error("expected"); } catch { return total; }
    }`,
  );
  try {
    await kernel.execute("import { sum } from './awaits-in-a-module'; async function* three() { yield 1; yield 2; }");
    assert.equal(result(await kernel.execute("await sum(three())")), "3");
  } finally {
    rmSync(helper);
  }
});

test("stdout and stderr arrive in order with displays", async () => {
  const shown = await kernel.execute(`
    import * as tslab from "tslab";
    console.log("é one");
    tslab.display.html("<i>two</i>");
    console.error("three");
    void process.stdout.write("four");`);
  const seen = shown.outputs.map(({ header, content }) => content.text ?? header.msg_type);
  assert.deepEqual(seen, ["execute_input", "é one\n", "display_data", "three\n", "four"]);
});

test("20 000 lines in one cell all arrive where no limit is wanted", async () => {
  await kernel.execute('process.env.DIFFUSION_LAB_OUTPUT_LINES = "0";');
  const shown = await kernel.execute("for (let i = 0; i < 20000; i++) console.log(i);");
  const lines = printed(shown).trimEnd().split("\n");
  assert.equal(lines.length, 20000);
  assert.equal(lines.at(-1), "19999");
  await kernel.execute("delete process.env.DIFFUSION_LAB_OUTPUT_LINES;");
});

test("a display is updated in place under its id", async () => {
  const shown = await kernel.execute(`
    const place = tslab.newDisplay();
    place.text("first");
    place.text("second");`);
  const [made] = ofType(shown, "display_data");
  const [updated] = ofType(shown, "update_display_data");
  assert.deepEqual(updated.transient, made.transient);
  assert.deepEqual(updated.data, { "text/plain": "second" });
});

test("types are strict, and the excerpt points at the error", async () => {
  const wrong = await kernel.execute("const ok = 1;\nconst word: string = ok;");
  assert.equal(wrong.reply.status, "error");
  assert.equal(wrong.reply.ename, "TypeScriptError");
  assert.match(traceback(wrong), /TS2322\) at line 2, column 7: Type 'number' is not assignable to type 'string'/);
  assert.match(traceback(wrong), /> 2 \| const word: string = ok;\n {4}\| {7}\^\^\^\^\n/);
  const untyped = await kernel.execute("function twice(x) { return 2 * x; }");
  assert.match(traceback(untyped), /TS7006[^]*Say its type, for example `\(x: number\) => …`/);
  const maybe = await kernel.execute("[1, 2].find((x) => x > 1).toFixed()");
  assert.match(traceback(maybe), /TS2532/);
  const unknown = await kernel.execute("neverDefined");
  assert.match(traceback(unknown), /has the cell that defines it been run\?/);
});

test("packages with an exports map resolve, with subpaths and types", async () => {
  const shown = await kernel.execute(`
    import { range } from "d3";
    import { RandomStream } from "diffusion-lab";
    import { isHeadless } from "diffusion-lab/notebook";
    const headless: boolean = isHeadless();
    [range(3).length, new RandomStream(1).integer(5, 6), headless]`);
  assert.equal(shown.reply.status, "ok", traceback(shown));
  assert.equal(result(shown), "[ 3, 5, false ]");
});

test("cells run in the project's root whatever folder the notebook lies in", async () => {
  assert.equal(result(await kernel.execute("process.cwd()")), `'${ROOT}'`);
});

test("an exception is an error message with the learner's own lines and no frame of the kernel", async () => {
  await kernel.execute(
    "function risky(n: number): number {\n  if (n > 2) throw new RangeError(`n = ${n} is too big`);\n  return n;\n}",
  );
  const failed = await kernel.execute("interface Unused { a: 1 }\n\nconst fine = risky(1);\nconst bad = risky(3);");
  assert.equal(failed.reply.status, "error");
  assert.equal(failed.reply.ename, "RangeError");
  assert.equal(failed.reply.evalue, "n = 3 is too big");
  assert.deepEqual(failed.reply.traceback, ofType(failed, "error")[0].traceback);
  const text = traceback(failed);
  assert.match(text, /at risky, cell \[\d+\], line 2, column 20\n/);
  assert.match(text, /> 2 \| {3}if \(n > 2\) throw new RangeError/);
  assert.match(text, /> 4 \| const bad = risky\(3\);\n {8}\| {13}\^/);
  assert.doesNotMatch(text, /tslab|node:|kernel|vm\./);
});

test("frames of the library keep their file, causes and thrown values are shown", async () => {
  const caused = await kernel.execute('throw new Error("outer", { cause: new TypeError("inner") })');
  assert.match(traceback(caused), /Error: outer[^]*caused by\nTypeError: inner/);
  const thrown = await kernel.execute('throw "just text"');
  assert.equal(thrown.reply.evalue, "just text");
});

test("names given a value before the failing line live on, with their types; the others do not", async () => {
  await kernel.execute("const kept = 'old';\nconst replaced = 'old';");
  const failed = await kernel.execute(
    "const before = [1, 2];\nlet replaced = 3;\nfunction helper() { return before.length; }\nthrow new Error('stop');\nconst afterwards = 1;\nconst kept = 2;",
  );
  assert.equal(failed.reply.ename, "Error");
  assert.equal(result(await kernel.execute("before.map((x: number) => x * helper() + replaced)")), "[ 5, 7 ]");
  assert.equal(result(await kernel.execute("kept.toUpperCase()")), "'OLD'");
  assert.match(traceback(await kernel.execute("afterwards")), /Cannot find name 'afterwards'/);
});

test("names declared after an await of a failed cell behave likewise", async () => {
  await kernel.execute(
    "const early = 1;\nawait Promise.resolve();\nconst late = early + 1;\nawait Promise.reject(new Error('x'));\nconst never = 1;",
  );
  assert.equal(result(await kernel.execute("early + late")), "3");
  assert.equal((await kernel.execute("never")).reply.status, "error");
});

test("process.exit, uncaught exceptions and unhandled rejections are the cell's error, and the kernel lives", async () => {
  const exit = await kernel.execute("process.exit(3)");
  assert.equal(exit.reply.ename, "ProcessExit");
  const uncaught = await kernel.execute(
    'setTimeout(() => { throw new Error("in a timer"); }, 5);\nawait new Promise((r) => setTimeout(r, 5000));',
  );
  assert.equal(uncaught.reply.evalue, "in a timer");
  assert.match(traceback(uncaught), /cell \[\d+\], line 1, column 26/);
  const rejected = await kernel.execute('void Promise.reject(new RangeError("nobody listens"));');
  assert.equal(rejected.reply.ename, "RangeError");
  assert.equal(result(await kernel.execute("6 * 7")), "42");
});

test("a failure after its cell has ended is still shown", async () => {
  await kernel.execute('setTimeout(() => { throw new Error("much later"); }, 500);');
  for (let tries = 0; tries < 50 && kernel.late.length === 0; tries++) await wait(100);
  assert.deepEqual(
    kernel.late.map(({ header, content }) => [header.msg_type, content.evalue]),
    [["error", "much later"]],
  );
});

test("stop_on_error aborts what was already sent, and only that", async () => {
  const sent = ["throw new Error('first')", "1", "2"].map((code) => kernel.execute(code));
  const [failed, ...others] = await Promise.all(sent);
  assert.equal(failed.reply.status, "error");
  assert.deepEqual(
    others.map(({ reply }) => reply.status),
    ["aborted", "aborted"],
  );
  assert.equal((await kernel.execute("3")).reply.status, "ok");
  const going = ["throw new Error('first')", "1"].map((code) => kernel.execute(code, { stopOnError: false }));
  assert.equal((await Promise.all(going))[1].reply.status, "ok");
});

test("reading stdin asks the front end, and fails clearly where nobody can answer", async () => {
  const ask = `import * as readline from "node:readline/promises";
    const ${"reader"} = readline.createInterface({ input: process.stdin });
    const answer = await reader.question("name? ");
    reader.close();
    answer`;
  const refused = await kernel.execute(ask);
  assert.equal(refused.reply.ename, "StdinNotAllowed");
  kernel.onInput = () => "Ada";
  assert.equal(result(await kernel.execute(ask, { allowStdin: true })), "'Ada'");
  assert.equal(result(await kernel.execute(ask, { allowStdin: true })), "'Ada'");
});

test("requests are answered while a cell waits, and the kernel still counts as busy", async () => {
  const { done } = await begin(kernel, "console.log('go');\nawait new Promise((r) => setTimeout(r, 400));\n'slept'");
  const asked = await kernel.request("complete_request", { code: "Math.flo", cursor_pos: 8 });
  assert.deepEqual(asked.reply.matches, ["floor"]);
  assert.equal(result(await done), "'slept'");
});

test("a silent cell leaves no trace", async () => {
  const count = (await kernel.execute("0")).reply.execution_count;
  const silent = await kernel.execute("1 + 1", { silent: true });
  assert.deepEqual(silent.outputs, []);
  assert.equal((await kernel.execute("0")).reply.execution_count, Number(count) + 1);
});

test("files that change in the project while the kernel runs do it no harm, and new modules are found", async () => {
  const helper = path.join(ROOT, "test", "kernel", `appeared-${process.pid}.ts`);
  const module = `./test/kernel/appeared-${process.pid}`;
  try {
    const missing = await kernel.execute(`import { seven } from "${module}";\nseven`);
    assert.match(traceback(missing), /TS2307/);
    writeFileSync(helper, "export const seven: number = 7;\n");
    assert.equal(result(await kernel.execute(`import { seven } from "${module}";\nseven`)), "7");
    for (let i = 0; i < 3; i++) {
      writeFileSync(helper, `export const seven: number = ${i};\n`);
      await wait(600);
      assert.equal(result(await kernel.execute("1 + 1")), "2");
    }
  } finally {
    rmSync(helper, { force: true });
  }
  assert.equal(result(await kernel.execute("2 + 2")), "4");
});
