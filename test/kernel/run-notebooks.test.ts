import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { BUILT_KERNEL, ROOT } from "./kernel.js";

const project = mkdtempSync(path.join(tmpdir(), "course-"));
const notebooks = path.join(project, "notebooks");
mkdirSync(notebooks);
writeFileSync(path.join(project, "package.json"), '{ "workspaces": [] }');
symlinkSync(path.join(ROOT, "node_modules"), path.join(project, "node_modules"), "junction");
after(() => rmSync(project, { recursive: true, force: true }));

function run(...words: string[]): { status: number | null; text: string } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [path.join(BUILT_KERNEL, "run-notebooks.js"), ...words],
    { encoding: "utf8", timeout: 240_000, env: { ...process.env, DIFFUSION_LAB_ROOT: project } },
  );
  return { status, text: `${stdout}\n${stderr}` };
}

const file = (name: string): string => path.join(notebooks, name);
const bytes = (name: string): string => readFileSync(file(name), "utf8");

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
square(3)

// %% tags=["solution"] jupyter={"source_hidden": true}
function square(x: number): number {
  return x * x;
}

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
  writeFileSync(file("00-good.ts"), GOOD);
  const first = run("--from-script", "--save", "00");
  assert.equal(first.status, 0, first.text);
  assert.match(first.text, /00-good +4 +\d+\.\d +\d+ +ok/);
  const saved = bytes("00-good.ipynb");
  const cells = (JSON.parse(saved) as { cells: { outputs?: unknown[]; execution_count?: number; id: string }[] }).cells;
  assert.deepEqual(
    cells.map((cell) => cell.execution_count),
    [undefined, 1, null, 3, 2, 4],
  );
  assert.deepEqual(cells[1].outputs, [
    { output_type: "display_data", data: { "text/plain": ["second"] }, metadata: {} },
    { output_type: "stream", name: "stdout", text: ["between\n"] },
  ]);
  assert.deepEqual((cells[3].outputs?.[0] as { data: unknown }).data, { "text/plain": ["9"] });
  assert.equal(new Set(cells.map(({ id }) => id)).size, cells.length);
  assert.equal(run("--save", "00").status, 0);
  assert.equal(bytes("00-good.ipynb"), saved);
});

test("everything that can be wrong in a run is told, and nothing is saved", () => {
  writeFileSync(file("01-bad.ts"), BAD);
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

test("corrupt notebooks and newer formats are refused and left as they are", () => {
  writeFileSync(file("02-corrupt.ts"), "// %%\n1\n");
  writeFileSync(file("02-corrupt.ipynb"), '{ "cells": [');
  writeFileSync(file("03-newer.ts"), "// %%\n1\n");
  writeFileSync(file("03-newer.ipynb"), '{ "cells": [], "metadata": {}, "nbformat": 5, "nbformat_minor": 0 }');
  const { status, text } = run("--check", "02", "03");
  assert.equal(status, 1);
  assert.match(text, /02-corrupt\.ipynb is not JSON .*git checkout/);
  assert.match(text, /03-newer\.ipynb has notebook format 5\.0; this version reads format 4/);
  assert.equal(run("--from-script", "02").status, 2);
  assert.equal(bytes("02-corrupt.ipynb"), '{ "cells": [');
});

test("a script and a notebook that differ are told apart, and either can be taken", () => {
  writeFileSync(file("04-pair.ts"), "// %%\nconst a = 1;\n");
  assert.equal(run("--from-script", "--check", "04").status, 0);
  writeFileSync(file("04-pair.ts"), "// %%\nconst a = 2;\n");
  const differing = run("--check", "04");
  assert.equal(differing.status, 1);
  assert.match(differing.text, /differ: cell 1 \(const a = 2;\) has another text/);
  assert.equal(run("--to-script", "04").status, 0);
  assert.match(bytes("04-pair.ts"), /\/\/ %%\nconst a = 1;\n/);
  assert.equal(run("--check", "04").status, 0);
});

test("a word that matches no notebook is an error", () => {
  const { status, text } = run("99");
  assert.equal(status, 2);
  assert.match(text, /No notebook begins with "99"\. There are: 00-good/);
});

test("words that mean nothing, and a course without notebooks, end with a sentence and code 2", () => {
  for (const [words, message] of [
    [["--jobs", "two"], /--jobs takes a whole number of at least 1, got "two"/],
    [["--jobs", "0"], /--jobs takes a whole number of at least 1, got "0"/],
    [["--timeout", "abc"], /--timeout takes seconds, at most 1000000, got "abc"/],
    [["--timeout", "0"], /--timeout takes seconds/],
  ] as const) {
    const { status, text } = run(...words);
    assert.equal(status, 2, text);
    assert.match(text, message);
  }
  const empty = mkdtempSync(path.join(tmpdir(), "no-course-"));
  const { status, stderr } = spawnSync(process.execPath, [path.join(BUILT_KERNEL, "run-notebooks.js")], {
    encoding: "utf8",
    env: { ...process.env, DIFFUSION_LAB_ROOT: empty },
  });
  rmSync(empty, { recursive: true });
  assert.deepEqual([status, /There is no notebook in .*no-course-/.test(stderr)], [2, true], stderr);
});
