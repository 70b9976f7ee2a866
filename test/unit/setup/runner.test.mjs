/** The test runner counts what ran and lets no hung, dead or empty file pass. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { test } from "node:test";
import { LOCAL, ROOT } from "../../../src/setup/paths.mjs";
import { compiled } from "../../runner/compiled.mjs";
import { verdict } from "../../runner/node-tests.mjs";
import { longestFirst } from "../../runner/order.mjs";
import { program } from "../../runner/program.mjs";
import { chosenNotebooks, countNotebooks, readArguments, SECTIONS } from "../../runner/sections.mjs";
import { writtenPlaces } from "../../runner/written-places.mjs";

test("sections and files are told apart; a file alone runs only the sections of test files", () => {
  assert.deepEqual(readArguments([]).sections, Object.keys(SECTIONS));
  assert.deepEqual(readArguments(["unit", "lint"]), { sections: ["unit", "lint"], filters: [], help: false });
  assert.deepEqual(readArguments(["unit", "test/unit/random.test.ts"]).filters, ["test/unit/random.test.ts"]);
  assert.deepEqual(readArguments(["random"]).sections, ["unit", "package", "kernel", "notebooks", "browser"]);
  assert.equal(readArguments(["--help"]).help, true);
  assert.throws(
    () => readArguments(["--fast"]),
    (error) => /--fast/.test(error.why) && /sections/.test(error.remedy),
  );
});

test("a file that hung, died, tested nothing or ended badly counts as a failure", () => {
  const counts = { passed: 3, failed: 0 };
  assert.deepEqual(verdict({ code: 0, counts, timedOut: false }), { passed: 3, failed: 0, why: "" });
  assert.equal(verdict({ code: 1, counts: { passed: 2, failed: 1 }, timedOut: false }).failed, 1);
  assert.equal(verdict({ code: "SIGKILL", counts: null, timedOut: true }).failed, 1);
  assert.equal(verdict({ code: "SIGSEGV", counts: null, timedOut: false }).failed, 1);
  assert.equal(verdict({ code: 0, counts: { passed: 0, failed: 0 }, timedOut: false }).failed, 1);
  assert.equal(verdict({ code: 7, counts, timedOut: false }).failed, 1);
});

test("the counter counts tests, not suites, and no skipped or to-do tests", () => {
  const folder = mkdtempSync(join(tmpdir(), "runner-"));
  const file = join(folder, "sample.test.mjs");
  const counts = join(folder, "counts.json");
  writeFileSync(
    file,
    `
    import { describe, test } from "node:test";
    describe("suite", () => { test("a", () => {}); test("b", () => { throw new Error("no"); }); });
    test("c", () => {});
    test("skipped", { skip: true }, () => {});
    test("later", { todo: true }, () => {});
  `,
  );
  const reporter = join(ROOT, "test", "runner", "counter.mjs");
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const result = spawnSync(
    process.execPath,
    [`--test-reporter=${reporter}`, `--test-reporter-destination=${counts}`, file],
    { env },
  );
  assert.equal(result.status, 1);
  assert.deepEqual(JSON.parse(readFileSync(counts, "utf8")), { passed: 2, failed: 1 });
});

test("filters choose notebooks by their paths, and a filter for something else chooses none", () => {
  const files = ["03-forward-process.ipynb", "07a-unet.ipynb", "07c-time.ipynb"];
  assert.deepEqual(chosenNotebooks(files, []), ["03-forward-process", "07a-unet", "07c-time"]);
  assert.deepEqual(chosenNotebooks(files, ["notebooks/07"]), ["07a-unet", "07c-time"]);
  assert.deepEqual(chosenNotebooks(files, ["03", "time"]), ["03-forward-process", "07c-time"]);
  assert.deepEqual(chosenNotebooks(files, ["test/kernel/execution.test.ts"]), []);
});

test("notebooks are counted by their lines, not by the explanations beneath", () => {
  const output =
    "✓ 00-welcome (3.4 s)\n✗ 03-forward (12.0 s)\n\n✗ 03-forward, cell 4: TypeError\n\nnotebook  code cells\n";
  assert.deepEqual(countNotebooks(output), { passed: 1, failed: 1 });
});

test("a program's own closing line is its count; a bad end is a failure even so", async () => {
  const node = (script) => program("sample", process.execPath, ["-e", script]);
  assert.deepEqual(await node("console.log('5 passed, 2 failed'); process.exit(1)"), { passed: 5, failed: 2 });
  assert.deepEqual(await node("console.log('5 passed, 0 failed'); process.exit(1)"), { passed: 5, failed: 1 });
  assert.deepEqual(await node("0"), { passed: 1, failed: 0 });
  assert.deepEqual(await node("process.exit(4)"), { passed: 0, failed: 1 });
});

test("a test in TypeScript runs on what is built, finds the files beside it, and its stack names what was written", async () => {
  mkdirSync(LOCAL, { recursive: true });
  const folder = mkdtempSync(join(LOCAL, "runner-"));
  try {
    writeFileSync(join(folder, "own.ts"), "export const own: number = 1;\n");
    const lines = [
      'import { readFileSync } from "node:fs";',
      'import { join } from "node:path";',
      'import { requireWhole } from "../../src/base/values.js";',
      'import { own } from "./own.js";',
      'console.log(readFileSync(join(import.meta.dirname, "own.ts"), "utf8"), own, import.meta.url);',
      'requireWhole("n", own / 2);',
    ];
    const file = join(folder, "sample.test.ts");
    writeFileSync(file, lines.join("\n"));
    const asWritten = relative(ROOT, file);
    const [output, plain] = await compiled([asWritten, "test/unit/setup/runner.test.mjs"], join(folder, "made"));
    assert.equal(plain, "test/unit/setup/runner.test.mjs");
    assert.match(readFileSync(output, "utf8"), /from "file:.*\/src\/dist\/base\/values\.js"/);
    const { stdout, stderr } = spawnSync(process.execPath, [output], { encoding: "utf8" });
    assert.match(stdout, /own: number = 1;\n 1 file:.*sample\.test\.ts/);
    const told = writtenPlaces(stderr);
    assert.ok(told.includes(`${file}:6:1`), told);
    assert.match(told, /src.base.values\.ts:\d+:\d+/);
    assert.doesNotMatch(told, /at .*(made|dist)/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("the longest file starts first, and before it those that never ran here, as they are listed", () => {
  assert.deepEqual(longestFirst(["a", "b", "c", "d", "e"], { a: 1, c: 30, d: 4 }), ["b", "e", "c", "d", "a"]);
});
