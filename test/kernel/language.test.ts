/** Cells are written in the TypeScript of this repository, with the library of the Node that runs them. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import ts from "typescript";
import { libraries } from "../../src/kernel/libraries.js";
import type { KernelClient } from "./client.js";
import { printed, result, ROOT, startKernel, traceback, wait } from "./kernel.js";

let kernel: KernelClient;
before(async () => (kernel = await startKernel()));
after(() => kernel.shutdown());

const run = async (code: string): Promise<string | undefined> => {
  const executed = await kernel.execute(code);
  assert.equal(executed.reply.status, "ok", `${code}\n${traceback(executed)}`);
  return result(executed);
};

test("using and await using dispose at the end of their block, of a cell at the end of the cell", async () => {
  const cell = await kernel.execute(`
    using one = { n: 1, [Symbol.dispose]: () => console.log("one") };
    await using two = { n: 2, [Symbol.asyncDispose]: async () => console.log("two") };
    { using three = { [Symbol.dispose]: () => console.log("three") }; void three; }
    one.n + two.n`);
  assert.equal(result(cell), "3", traceback(cell));
  assert.equal(printed(cell), "three\ntwo\none\n");
  assert.equal(await run("one.n"), "1");
});

test("predicates are inferred, JSON is imported with an attribute, satisfies and const type parameters are known", async () => {
  assert.equal(await run("const ys: number[] = [1, undefined, 2].filter((y) => y !== undefined);\nys"), "[ 1, 2 ]");
  assert.equal(
    await run('import manifest from "./package.json" with { type: "json" };\nmanifest.name'),
    "'diffusion-lab-course'",
  );
  assert.equal(await run("manifest.name.length"), "20");
  assert.equal(await run("const pair = <const T,>(x: T) => x;\npair([1, 'a'])[1] satisfies 'a'"), "'a'");
  assert.equal(await run("const typed: Float32Array<ArrayBuffer> = new Float32Array(2);\ntyped.length"), "2");
});

test("a cell may use what its Node has, and no more", async () => {
  assert.equal(
    await run("[[3, 1].toSorted(), [1, 2].with(0, 5), [1, 2].findLast((x) => x < 2)]"),
    "[ [ 1, 3 ], [ 5, 2 ], 1 ]",
  );
  const newer: [boolean, string, string][] = [
    ["Iterator" in globalThis, "[1, 2].values().map((x) => x * 2).toArray()", "[ 2, 4 ]"],
    ["groupBy" in Object, "Object.groupBy([1, 2], (x) => (x > 1 ? 'a' : 'b')).a", "[ 2 ]"],
    ["union" in Set.prototype, "new Set([1]).union(new Set([2])).size", "2"],
  ];
  for (const [there, code, value] of newer) {
    const executed = await kernel.execute(code);
    if (there) assert.equal(result(executed), value);
    else assert.match(traceback(executed), /TS(2339|2550)/);
  }
  const program = ts.createProgram([], { lib: libraries(), noEmit: true });
  assert.deepEqual(program.getGlobalDiagnostics(), []);
  assert.deepEqual(program.getOptionsDiagnostics(), []);
});

test("cells are strict code, as modules are", async () => {
  const frozen = await kernel.execute("const fixed: { a: number } = Object.freeze({ a: 1 });\nfixed.a = 2;");
  assert.match(traceback(frozen), /TypeError: Cannot assign to read only property 'a'/);
});

test("a type that a function declares for itself leaves it with its value", async () => {
  await run(
    "function make() { class A { private x = 1; #y = 2; get() { return this.x + this.#y; } } return new A(); }\nconst made = make();",
  );
  assert.equal(await run("made.get() + make().get()"), "6");
  assert.match(traceback(await kernel.execute("made.put()")), /Property 'put' does not exist/);
  await run(
    "function node() { interface Node { value: number; next?: Node } const n: Node = { value: 1 }; return n; }",
  );
  assert.equal(await run("const first = node(); first.next = node();\nfirst.next?.next?.value ?? first.value"), "1");
  assert.match(traceback(await kernel.execute("const wrong: string = first.value;")), /'number' is not assignable/);
  await run(
    "const variant = () => { type V = { kind: 'leaf' } | { kind: 'node'; sub: V[] }; return { kind: 'leaf' } as V; };",
  );
  assert.equal(await run("const v = variant();\nv.kind === 'node' ? v.sub.length : v.kind"), "'leaf'");
  await run(
    "const boxed = <U,>(x: U) => { class Box<T> { constructor(readonly a: T, private b: U) {} } return Box<number>; };",
  );
  assert.equal(await run("new (boxed('u'))(4, 'u').a.toFixed(1)"), "'4.0'");
  await run("const colour = () => { enum Colour { Red = -1, Blue = 'b' } return Colour.Red as Colour; };");
  assert.equal(await run("colour()"), "-1");
  await run("const anonymous = () => class { private hidden = 1; shown = 2; static count = 3; };");
  assert.equal(await run("new (anonymous())().shown + anonymous().count"), "5");
  await run(
    "const sequence = (() => { class S implements Iterable<number> { *[Symbol.iterator]() { yield 7; } } return new S(); })();",
  );
  assert.equal(await run("[...sequence].map((x) => x.toFixed())"), "[ '7' ]");
});

test("two local types of one name stay two, and what nothing mentions any more is forgotten", async () => {
  const cell =
    "const left = (() => { interface Same { a: 1 } return { a: 1 } as Same; })();\nconst right = (() => { interface Same { b: 2 } return { b: 2 } as Same; })();";
  await run(cell);
  await run(cell);
  assert.equal(await run("left.a + right.b"), "3");
  assert.match(traceback(await kernel.execute("left.b")), /does not exist on type 'Same·\d'/);
  const { reply } = await kernel.request("complete_request", { code: "let s: Sam", cursor_pos: 10 });
  assert.deepEqual(
    (reply.matches as string[]).filter((name) => name.startsWith("Same")),
    [],
  );
});

test("export adds nothing to a cell, and is no error", async () => {
  await run(
    "export const exported = 5;\nexport default function twice(x: number) { return 2 * x; }\nexport type Count = number;\nexport { exported as renamed };",
  );
  assert.equal(await run("const count: Count = twice(renamed) + exported;\ncount"), "15");
  assert.equal(await run("export default exported + 1"), "6");
  assert.equal(await run('export { sep as slash } from "node:path";\nslash'), "'/'");
  const wrong = traceback(await kernel.execute("export const a: string = 1; export const b: string = 2;"));
  assert.match(wrong, /line 1, column 14:/);
  assert.match(wrong, /line 1, column 42:/);
  assert.match(traceback(await kernel.execute("export const t: any = null; t.x;")), /line 1, column 31/);
});

test("an object on the last lines is the cell's value, a block is none", async () => {
  assert.equal(await run("{ a: 1 }"), "{ a: 1 }");
  assert.equal(await run("const width = 2;\n// both\n{ width, area: width ** 2 };"), "{ width: 2, area: 4 }");
  assert.equal(await run("{ await: await Promise.resolve(1) }"), "{ await: 1 }");
  assert.equal(await run("{ const inner = 1; void inner; }"), undefined);
  assert.equal(await run("if (width) { width }"), undefined);
  const thrown = traceback(await kernel.execute("{ a: 1, b: (() => { throw new Error('b') })() }"));
  assert.match(thrown, /line 1, column 27\n/);
  assert.match(traceback(await kernel.execute("{ a: 1, b: nope }")), /line 1, column 12: Cannot find name 'nope'/);
});

test("errors are told at lines that the cell has, and syntax before types", async () => {
  for (const code of [
    "const a = 1; const a = 2;",
    "const o = { a:",
    "export = 3",
    "let x = `open",
    "function f() {",
    "const require = 1;",
    "const exports = 1;",
  ]) {
    const shown = await kernel.execute(code);
    assert.equal(shown.reply.ename, "TypeScriptError", code);
    for (const [, line] of traceback(shown).matchAll(/at line (\d+)/g)) assert.equal(line, "1", code);
  }
  assert.doesNotMatch(traceback(await kernel.execute("const o = { a:")), /implicitly/);
});

test("a tensor tells its type, shape and values without any import for it", async () => {
  await run('import * as tfjs from "@tensorflow/tfjs-node";');
  assert.equal(
    await run("const eye = tfjs.eye(2);\neye"),
    "Tensor of float32, shape [2, 2]\n    [[1, 0],\n     [0, 1]]",
  );
  const printedEye = await kernel.execute("console.log(eye, { eye }); eye.dispose(); eye");
  assert.match(printed(printedEye), /^Tensor of float32, shape \[2, 2\][^]*eye: Tensor of float32/);
  assert.match(result(printedEye) ?? "", /isDisposedInternal: true/);
});

test("is_complete waits for the end of a bracket, template, comment or expression, and for nothing else", async () => {
  const status = async (code: string): Promise<unknown> =>
    (await kernel.request("is_complete_request", { code })).reply.status;
  const cases: Record<string, string[]> = {
    incomplete: [
      "`open ${1} te",
      "const t = `\n",
      "f(`a ${",
      "/* open",
      "[1, 2,",
      "{ a: 1",
      "if (true) {",
      "1 +",
      "const x =",
      "class A {\n  b() {",
    ],
    complete: [
      "`shut`",
      "/* shut */ 1",
      "{ a: 1, b: 2 }",
      "export const x = 1",
      "await f()",
      "// only",
      "",
      "for await (const x of y) {}",
      "using u = v;",
      "'a\\\nb'",
    ],
    invalid: ["const = ;", "'open", "let 1x", "f(]", "/open", "f(1,\n\n\n"],
  };
  for (const [expected, codes] of Object.entries(cases))
    for (const code of codes) assert.equal(await status(code), expected, code);
});

test("a module that leads to one that changed is loaded anew", async () => {
  const folder = mkdtempSync(path.join(ROOT, "test", "kernel", "chain-"));
  const from = `./${path.relative(ROOT, folder)}`;
  try {
    const write = (n: number): void => writeFileSync(path.join(folder, "inner.ts"), `export const n: number = ${n};\n`);
    write(1);
    writeFileSync(path.join(folder, "outer.ts"), 'import { n } from "./inner";\nexport const twice = 2 * n;\n');
    const code = `import { twice } from "${from}/outer";\ntwice`;
    assert.equal(await run(code), "2");
    write(5);
    let seen: string | undefined;
    for (let tries = 0; tries < 40 && seen !== "10"; tries++) {
      await wait(250);
      seen = await run(code);
    }
    assert.equal(seen, "10");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
