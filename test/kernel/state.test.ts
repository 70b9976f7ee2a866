/** After a cell, however it ended, its variables are what ECMAScript makes of them. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { KernelClient } from "./client.js";
import { begin, result, startKernel, traceback, wait } from "./kernel.js";

let kernel: KernelClient;
before(async () => (kernel = await startKernel()));
after(() => kernel.shutdown());

const value = async (code: string): Promise<string | undefined> => {
  const executed = await kernel.execute(code);
  assert.equal(executed.reply.status, "ok", traceback(executed));
  return result(executed);
};
const fails = async (code: string): Promise<void> => {
  assert.equal((await kernel.execute(code)).reply.status, "error");
};

test("an assignment before a failure is seen by name and by closure, undefined too", async () => {
  await value('let r: string | undefined = "old"; const get = () => r;');
  await fails("r = undefined; throw new Error();");
  assert.equal(await value("[r, get()]"), "[ undefined, undefined ]");
  await value('r = "new";');
  await fails("r = undefined; await Promise.reject(new Error());");
  assert.equal(await value("[r, get()]"), "[ undefined, undefined ]");
  await value("let a = 1, b = 2; var c = 3; const all = () => [a, b, c];");
  await fails("[a, { b }] = [10, { b: 20 }]; c++; a = (() => { throw new Error(); })();");
  assert.equal(await value("[a, b, c, ...all()].join()"), "'10,20,4,10,20,4'");
});

test("a pattern takes the properties of an earlier cell's value under other names", async () => {
  await value(
    "const made = (v: unknown) => ({ of: v, size: 1, deep: { at: 7 } }); const size = 5; const one = made(2);",
  );
  assert.equal(await value("const { size: a } = made(1); a"), "1");
  assert.equal(await value("const { of: b, ...others } = one; [b, others]"), "[ 2, { size: 1, deep: { at: 7 } } ]");
  assert.equal(await value("const { deep: { at: c } } = one; c"), "7");
  assert.equal(await value("let d: unknown, e = 0; ({ of: d, size: e } = one); [d, e]"), "[ 2, 1 ]");
  assert.equal(await value("await 1; const { size: g, of: h = 3 } = made(undefined); [g, h]"), "[ 1, 3 ]");
  assert.equal(await value("[one].map(({ size: k }) => k + size)"), "[ 6 ]");
  assert.equal(await value("const part = { size: size, of: one.of }; part"), "{ size: 5, of: 2 }");
});

test("an assignment before an interrupt is seen by name and by closure", async () => {
  await value("let turn: number | undefined = 1; const turnNow = () => turn;");
  const { done } = await begin(kernel, 'turn = undefined; console.log("go"); while (true);');
  await kernel.interrupt();
  assert.equal((await done).reply.ename, "Interrupted");
  assert.equal(await value("[turn, turnNow()]"), "[ undefined, undefined ]");
});

test("a name whose line has run lives on whatever its value; one whose line has not does not", async () => {
  await fails("let later: number | undefined; const nothing = undefined; throw new Error(); let neverMade = 1;");
  assert.equal(await value("[later, nothing]"), "[ undefined, undefined ]");
  assert.equal(await value("later = 3; later"), "3");
  assert.match(traceback(await kernel.execute("neverMade")), /Cannot find name 'neverMade'/);
  await fails('const one = 1, two = (() => { if (one) throw new Error("half-way"); return 2; })();');
  assert.equal(await value("one"), "1");
  await fails("two");
});

test("until its line has run, a name is what the earlier cell made of it", async () => {
  await value("let size = 1; function area() { return size * size; }");
  assert.equal(
    await value("function twice() { return 2 * area(); } let size = area() + 1; [size, twice()]"),
    "[ 2, 2 ]",
  );
  assert.equal(await value("let doubled = size * 2; [doubled, area()]"), "[ 4, 1 ]");
  await fails("throw new Error(); let size = 5;");
  assert.equal(await value("size"), "2");
});

test("functions called by the name of an earlier cell have no `this`, enums and classes are shared", async () => {
  await value(
    "function who(this: unknown) { return this === undefined || this === globalThis; } enum Mode { on = 1 } class Box { n = Mode.on; }",
  );
  assert.equal(await value("[who(), who?.()]"), "[ true, true ]");
  assert.equal(await value("((exports: { who: () => boolean }) => exports.who())({ who })"), "false");
  assert.equal(await value("class Crate extends Box { m = Mode.on; } Object.values(new Crate()).join()"), "'1,1'");
});

test("a const of an earlier cell cannot be assigned to, even where the types are not asked", async () => {
  await value("const fixed = 1;");
  const wrong = await kernel.execute("// @ts-ignore\nfixed = 2;");
  assert.match(traceback(wrong), /TypeError: Assignment to constant variable/);
  assert.equal(await value("fixed"), "1");
});

test("what a failed cell has left running declares nothing more", async () => {
  await value("const kept = 'old'; const sleep = (ms: number) => new Promise((r) => setTimeout(r, ms));");
  await fails("setTimeout(() => { throw new Error(); }, 5); await sleep(100); const kept = 'new';");
  await wait(150);
  assert.equal(await value("kept"), "'old'");
});

test("a loop at the top level runs on the variable itself: nothing is called for an assignment", async () => {
  await value("const plain = (f: unknown) => String(f).replace(/\\s+/g, ' ');");
  const inner = await value("let acc = 0; function add() { for (let i = 0; i < 3; i++) acc += i; } add(); plain(add)");
  assert.equal(inner, "'function add() { for (let i = 0; i < 3; i++) acc += i; }'");
  // Of an earlier cell's variable both directions go through one accessor, on a prototype, which V8 inlines.
  const described = await value(
    "const on = Object.getPrototypeOf(exports); [Object.keys(exports).length, typeof Object.getOwnPropertyDescriptor(on, 'acc')?.set].join()",
  );
  assert.equal(described, "'0,function'");
});
