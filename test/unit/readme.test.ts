import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { decodePng } from "../../src/plot/index.js";

const root = join(import.meta.dirname, "../..");
const readme = readFileSync(join(root, "README.md"), "utf8");
const folder = mkdtempSync(join(tmpdir(), "readme-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

test("the library example runs as written, with the built package, and writes a picture of sixteen digits", () => {
  const example = /```ts\n(import[\s\S]*?)```/.exec(readme)?.[1];
  assert.ok(example, "README has an example");
  // Thirty minutes of training become a few steps; nothing else is changed.
  const short = example.replace(/trainer\.run\(2000,/, "trainer.run(2,").replace(/steps: 50/, "steps: 2");
  assert.notEqual(short, example);
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  writeFileSync(join(folder, "example.ts"), short);
  const run = spawnSync(process.execPath, ["--import", "tsx", "example.ts"], { cwd: folder, encoding: "utf8" });
  assert.equal(run.status, 0, run.stderr);
  assert.match(run.stdout, /^1 \d\.\d{4}\n2 \d\.\d{4}\n$/);
  const { width, height } = decodePng(readFileSync(join(folder, "digits.png")));
  assert.deepEqual([width, height], [4 * 56 + 3 * 2, 4 * 56 + 3 * 2]);
});

test("every file the README links to is there", () => {
  const links = [...readme.matchAll(/\]\(([^)#]+?)(?:#[^)]*)?\)/g)].map(([, target]) => target).filter((target) => !/^https?:/.test(target));
  assert.ok(links.length > 4);
  for (const link of links) assert.ok(existsSync(join(dirname(join(root, "README.md")), link)), `${link} is missing`);
});

test("every npm script the README names is there", () => {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: Record<string, string> };
  const named = new Set([...readme.matchAll(/npm (?:run ([\w-]+)|(start|test))/g)].map(([, script, builtIn]) => script ?? builtIn));
  for (const name of named) assert.ok(name in scripts, `npm run ${name} is missing`);
});
