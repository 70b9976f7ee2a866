/** `npm run notebooks` as a whole, in a course of a few small notebooks. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { PROGRAM, python, smallCourse } from "./course.js";

const course = smallCourse();
const { run, write, text: bytes } = course;

const GOOD = `// %% [markdown]
// # A good one

// %%
import * as tslab from "tslab";
const shown = tslab.newDisplay();
shown.text("first");
console.log("between");
shown.text("second");

// %% tags=["exercise"]
function square(x: number): number {
  throw new Error("your turn");
}

// %%
typeof square

// %% tags=["solution"] jupyter={"source_hidden": true}
function square(x: number): number {
  return x * x;
}
square(3)

// %% tags=["raises-exception"]
throw new RangeError("as wanted");
`;

const BAD = `// %%
throw new Error("oops");
// %% tags=["raises-exception"]
1 + 1
// %%
import * as tslab from "tslab";
tslab.display.raw("application/vnd.plotly.v1+json", { data: [] } as unknown as string);
tslab.display.raw("application/vnd.plotly.v1+json", { data: [{ y: [1] }] } as unknown as string);
// %%
void Promise.reject(new Error("nobody listens"));
// %%
setTimeout(() => { throw new Error("too late"); }, 30);
// %%
const b: string = Math.random();
// %%
if (process.env["DIFFUSION_LAB_HEADLESS"] === "1") throw new Error("red check");
// %% tags=["exercise"]
1
`;

test("a notebook made from its script runs, is saved, and a second run changes no byte", () => {
  write("00-good.ts", GOOD);
  const first = run("--from-script", "--save", "00");
  assert.equal(first.status, 0, first.text);
  assert.match(first.text, /00-good +4 +\d+\.\d +\d+ +ok/);
  const saved = bytes("00-good.ipynb");
  const cells = (JSON.parse(saved) as { cells: { outputs?: unknown[]; execution_count?: number; id: string }[] }).cells;
  assert.deepEqual(
    cells.map((cell) => cell.execution_count),
    [undefined, 1, null, 2, 3, 4],
  );
  assert.deepEqual(cells[1].outputs, [
    { output_type: "display_data", data: { "text/plain": ["second"] }, metadata: {} },
    { output_type: "stream", name: "stdout", text: ["between\n"] },
  ]);
  assert.deepEqual(cells[2].outputs, []);
  assert.deepEqual((cells[4].outputs?.[0] as { data: unknown }).data, { "text/plain": ["9"] });
  assert.equal(new Set(cells.map(({ id }) => id)).size, cells.length);
  assert.equal(run("--save", "00").status, 0);
  assert.equal(bytes("00-good.ipynb"), saved);
});

test("everything that can be wrong in a run is told, and nothing is saved", () => {
  write("01-bad.ts", BAD);
  const { status, text } = run("--from-script", "--save", "01");
  assert.equal(status, 1);
  const expected = [
    /cell 1: Error: oops/,
    /cell 2: is tagged raises-exception, but it succeeded/,
    /cell 3: a figure without data/,
    /cell 3: a figure without a PNG/,
    /cell 4: Error: nobody listens/,
    // Whichever cell runs 30 ms later.
    /(after its cell had ended|cell [5-8]): Error: too late/,
    /cell 6: TS2322 at line 1, column 7/,
    /cell 7: Error: red check/,
    /cell 8: an exercise needs a cell tagged solution/,
    /01-bad: not saved, because it fails/,
  ];
  for (const pattern of expected) assert.match(text, pattern);
  assert.doesNotMatch(bytes("01-bad.ipynb"), /oops.*traceback/s);
});

test("what is no notebook is left as it is, and what differs from its script is shown", () => {
  for (const name of ["02-corrupt.ts", "03-newer.ts"]) write(name, "// %%\n1\n");
  write("02-corrupt.ipynb", '{ "cells": [');
  write("03-newer.ipynb", '{ "cells": [], "metadata": {}, "nbformat": 5, "nbformat_minor": 0 }');
  write("04-pair.ts", "// %%\nconst a = 1;\n");
  const first = run("--from-script", "--check", "02", "03", "04");
  assert.equal(first.status, 1);
  assert.match(first.text, /02-corrupt\.ipynb is not JSON .*git checkout/);
  assert.match(first.text, /03-newer\.ipynb has notebook format 5; the course reads format 4/);
  assert.match(first.text, /wrote notebooks\/04-pair\.ipynb/);
  assert.equal(bytes("02-corrupt.ipynb"), '{ "cells": [');
  write("04-pair.ts", "// %%\nconst a = 2;\n");
  const second = run("--check", "04");
  assert.equal(second.status, 1);
  assert.match(second.text, /04-pair: notebook and script differ .*\n(.*\n)*-const a = 1;\n\+const a = 2;/);
  assert.equal(run("--to-script", "04").status, 0);
  assert.equal(bytes("04-pair.ts"), "// %%\nconst a = 1;\n");
});

test("words that mean nothing, and a course without notebooks, end with a sentence and code 2", () => {
  for (const [words, message] of [
    [["99"], /No notebook begins with "99"\. There are: 00-good/],
    [["--jobs", "two"], /--jobs: takes a whole number from 1 to 999999, got "two"/],
    [["--from-script", "--to-script"], /--to-script: not allowed with argument --from-script/],
  ] as const) {
    const { status, text } = run(...words);
    assert.equal(status, 2, text);
    assert.match(text, message);
  }
  const empty = mkdtempSync(path.join(tmpdir(), "no-course-"));
  const env = { ...process.env, DIFFUSION_LAB_ROOT: empty };
  const { status, stderr } = spawnSync(python, [PROGRAM], { encoding: "utf8", env });
  rmSync(empty, { recursive: true });
  assert.deepEqual([status, /There is no notebook in .*no-course-/.test(stderr)], [2, true], stderr);
});

test("a cell that takes too long and a kernel that dies are told, and the other cells' outputs are not lost", () => {
  write("05-slow.ts", "// %%\nawait new Promise(() => setInterval(() => undefined, 1000));\n");
  write(
    "06-dead.ts",
    // The kernel does not let a cell end it: another process does.
    '// %%\nimport { spawnSync } from "node:child_process";\nspawnSync("kill", ["-9", String(process.pid)]);\n',
  );
  const slow = run("--from-script", "--timeout", "3", "05");
  assert.equal(slow.status, 1);
  assert.match(slow.text, /05-slow, cell 1: did not end within 3 s/);
  const { status, text } = run("--from-script", "06");
  assert.equal(status, 1);
  assert.match(text, /06-dead, cell 1: KernelDied: something outside the kernel killed it/);
});

test("Ctrl-C ends the run and its kernels", async () => {
  write("07-long.ts", '// %%\nconsole.log("pid", process.pid);\nawait new Promise((r) => setTimeout(r, 6e5));\n');
  const child = spawn(python, [PROGRAM, "--from-script", "--verbose", "07"], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, DIFFUSION_LAB_ROOT: course.root },
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
  const kernels = (): string[] =>
    spawnSync("pgrep", ["-P", String(child.pid), "-f", "launcher.js"], { encoding: "utf8" }).stdout.match(/\d+/g) ?? [];
  while (kernels().length === 0) await new Promise((resolve) => setTimeout(resolve, 100));
  const [kernel] = kernels();
  await new Promise((resolve) => setTimeout(resolve, 3000));
  child.kill("SIGINT");
  const code = await new Promise((resolve) => child.once("close", resolve));
  assert.deepEqual([code, /stopped/.test(text)], [130, true], text);
  assert.throws(() => process.kill(Number(kernel), 0), /ESRCH/);
});

test("the parts of the course's tools, one by one", () => {
  const parts = fileURLToPath(new URL("tools_test.py", import.meta.url));
  const { status, stderr } = spawnSync(python, [parts], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
  assert.match(stderr, /Ran \d+ tests/);
});
