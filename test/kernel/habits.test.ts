/** What is written out of habit from Python is answered by what to write instead. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { KernelClient } from "./client.js";
import { result, startKernel, traceback } from "./kernel.js";

let kernel: KernelClient;
before(async () => (kernel = await startKernel()));
after(() => kernel.shutdown());

const HABITS: readonly (readonly [cell: string, write: string])[] = [
  ["!ls -la", 'console.log(String(execSync("ls -la")))'],
  ["%timeit f(3)", 'console.time("it"); …; console.timeEnd("it")'],
  ["%%bash\nls -la\necho $HOME", "import { execSync }"],
  ["%pip install d3", "npm install … in a terminal"],
  ["%matplotlib inline", "leave %matplotlib inline out"],
  ["Math?", "press Shift+Tab"],
  ["# a comment\nconst a = 1;", "write // a comment instead of # a comment"],
  ["const b = 1;  # why", "write // why instead of # why"],
  ['print("x")', 'write console.log("x") instead of print("x")'],
  ['print "x"', 'console.log("x")'],
  ["x = 5", "write const x = 5 instead of x = 5"],
  ["x: int = 5", "const x = 5"],
  ["p, q = 1, 2", "const [p, q] = [1, 2]"],
  ["import numpy as np", 'import * as np from "…"'],
  ["from math import sqrt, pi", 'import { sqrt, pi } from "…"'],
  ["def f(a, b=2):\n    return a + b", "function f(a: number, b: number) { … }"],
  ["async def f():\n    pass", "async function f() { … }"],
  ["None", "null or undefined"],
  ["[True, 1]", "write true instead of True"],
  ["False", "write false"],
  ["len([1, 2])", "[1, 2].length"],
  ["range(3)", "Array.from({ length: 3 }, (_, i) => i)"],
  ["math.sqrt(2)", "write Math instead of math"],
  ["isinstance(1, Number)", "instanceof"],
  ['const n = 1; f"is {n:.2f} {n + 1}"', "`is ${n} ${n + 1}`"],
  ["for i in range(2, 10):\n    print(i)", "for (let i = 2; i < 10; i++) { … }"],
  ["for k, v in [[1, 2]]:\n    pass", "for (const [k, v] of [[1, 2]]) { … }"],
  ["if not True and 1 > 0:\n    pass", "if (!true && 1 > 0) { … }"],
  ["while 1 > 0:\n    pass", "while (1 > 0) { … }"],
  ["try:\n    f()\nexcept Exception as e:\n    pass", "catch (e) { … }"],
  ["with open('f') as f:\n    pass", "using f = open('f')"],
  ["raise ValueError('no')", "throw new Error('no')"],
  ["class A(B):\n    pass", "class A extends B { … }"],
  ["const g = lambda x: x + 1", "(x) => x + 1"],
  ["[y * 2 for y in [1, 2] if y > 1]", "[1, 2].filter((y) => y > 1).map((y) => y * 2)"],
  ["const w = [1, 2, 3]; w[1:2]", "w.slice(1, 2)"],
  ["const s = 1 if 2 > 1 else 3", "2 > 1 ? 1 : 3"],
  ["[1].append(2)", "write push instead of append"],
  ["'a'.upper()", "toUpperCase"],
];

for (const [code, write] of HABITS) {
  test(`${code.split("\n")[0]} → ${write}`, async () => {
    const shown = await kernel.execute(code);
    assert.equal(shown.reply.ename, "TypeScriptError");
    const text = traceback(shown);
    const said = text.split("\n").filter((line) => line.includes("This is TypeScript, not Python: "));
    assert.ok(said.length > 0 && said.length <= 3, text);
    assert.ok(
      said.some((line) => line.includes(write)),
      text,
    );
    // The sentences, and nothing of what TypeScript makes of a foreign language.
    assert.doesNotMatch(text, /\(TS\d+\)/);
    assert.match(String(shown.reply.evalue), /^line \d: This is TypeScript, not Python: /);
  });
}

test("what is TypeScript is told as TypeScript", async () => {
  for (const code of [
    'console.log("black and white"',
    'const s = "this and that',
    "class K { #count = 0 #more = 1 }",
    "notThere(3)",
    "list + 1",
    "const x: string = 1",
    "f(1, // and then\n",
    "import { nothing } from 'node:path'",
  ]) {
    const text = traceback(await kernel.execute(code));
    assert.match(text, /TypeScript \(TS\d+\) at line \d/, code);
    assert.doesNotMatch(text, /Python/, code);
  }
  const own = "const print = (x: number) => x; const None = 0; let x = 1; x = 5;\n!x || [print(None), x]";
  assert.equal(result(await kernel.execute(own)), "[ 0, 5 ]");
});
