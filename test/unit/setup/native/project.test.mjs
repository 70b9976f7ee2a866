/** Native TensorFlow goes into the right project, or is refused with the remedy. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { compilerRemedy, findCompiler, requireCompiler } from "../../../../src/setup/native/compiler.mjs";
import { findTfjsNode, LIBRARY, requireNpm, requireProject, WANTED } from "../../../../src/setup/native/project.mjs";
import { ROOT } from "../../../../src/setup/paths.mjs";

/** A folder with the named files in it; one that ends with "/" is a folder. */
function scratch(...files) {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "project-")));
  for (const file of files) {
    if (file.endsWith("/")) mkdirSync(join(folder, file), { recursive: true });
    else writeFileSync(join(folder, file), "{}");
  }
  return folder;
}

const refusal = (work) => {
  try {
    work();
  } catch (error) {
    return error;
  }
  return assert.fail("nothing was refused");
};

test("no project, a project without the library and one with another are refused, each with its remedy", () => {
  assert.match(refusal(() => requireProject("/")).why, /neither \/ nor a folder above it has a package\.json/);
  const without = scratch("package.json", "deep/er/");
  const { why, remedy } = refusal(() => requireProject(join(without, "deep/er")));
  assert.equal(why, `diffusion-lab is not installed in ${without}`);
  assert.match(remedy, /npm install diffusion-lab/);
  const other = scratch("package.json", "node_modules/diffusion-lab/", "node_modules/diffusion-lab/package.json");
  assert.match(refusal(() => requireProject(other)).remedy, /npx diffusion-lab setup/);
});

test("the project of a folder is the nearest above it that has this library", () => {
  const project = scratch("package.json", "node_modules/", "src/");
  symlinkSync(LIBRARY, join(project, "node_modules", "diffusion-lab"));
  assert.equal(requireProject(join(project, "src")), project);
  assert.equal(requireProject(join(ROOT, "notebooks")), ROOT);
});

test("tfjs-node is looked for where the library would import it from", () => {
  const project = scratch("node_modules/diffusion-lab/", "node_modules/@tensorflow/tfjs-node/");
  const library = join(project, "node_modules", "diffusion-lab");
  assert.equal(findTfjsNode(library), null);
  writeFileSync(join(project, "node_modules/@tensorflow/tfjs-node/package.json"), "{}");
  assert.equal(findTfjsNode(library), join(project, "node_modules/@tensorflow/tfjs-node"));
});

test("where another package manager than npm keeps the records, its command is the remedy", () => {
  assert.equal(WANTED, "@tensorflow/tfjs-node@4.22.0");
  for (const files of [["package.json"], ["package-lock.json", "yarn.lock"]]) requireNpm(scratch(...files));
  const { why, remedy } = refusal(() => requireNpm(scratch("pnpm-lock.yaml")));
  assert.match(why, /pnpm-lock\.yaml is not npm's/);
  assert.match(remedy, /`pnpm add .*--ignore-scripts @tensorflow\/tfjs-node@4\.22\.0`/);
});

test("a compiler that does not exist is not found, and the refusal names it", async () => {
  assert.equal(await findCompiler({ CXX: "no-such-compiler" }), null);
  await assert.rejects(requireCompiler({ CXX: "no-such-compiler" }), (error) => {
    return /CXX names no-such-compiler/.test(error.why) && error.remedy === compilerRemedy();
  });
  assert.match(compilerRemedy("darwin"), /xcode-select/);
  assert.match(compilerRemedy("win32"), /WSL/);
});

test("npx diffusion-lab tells its use, refuses what it does not know, and a folder that is no project", () => {
  const program = join(ROOT, "src/setup/native/diffusion-lab.mjs");
  const ask = (args, cwd = ROOT) => spawnSync(process.execPath, [program, ...args], { cwd, encoding: "utf8" });
  for (const args of [[], ["--help"], ["setup", "-h"]]) {
    const { status, stdout } = ask(args);
    assert.equal(status, 0);
    assert.match(stdout, /^npx diffusion-lab setup \[--check\]/);
  }
  for (const args of [["train"], ["setup", "--fast"]]) {
    const { status, stderr } = ask(args);
    assert.equal(status, 1);
    assert.match(stderr, new RegExp(`${args.at(-1)} is not something it knows`));
  }
  const { status, stderr } = ask(["setup"], "/");
  assert.equal(status, 1);
  assert.match(stderr, /What failed: project\nWhy: {9}neither \/ nor .*\nRemedy: .*npm init/);
});
