/** Compiled files without a source go; all others stay. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ROOT } from "../../../src/setup/paths.mjs";
import { pruneOutput } from "../../../src/setup/prune.mjs";

const COMPILER = join(ROOT, "node_modules", "typescript", "bin", "tsc");

/** A project of two rooms, one with a workspace of its own in it that the project leaves out. */
function project() {
  const folder = mkdtempSync(join(tmpdir(), "prune-"));
  const options = {
    composite: true,
    rootDir: ".",
    outDir: "dist",
    tsBuildInfoFile: "dist/.tsbuildinfo",
    sourceMap: true,
  };
  const config = { compilerOptions: options, include: ["**/*.ts"], exclude: ["dist", "kernel"] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  for (const room of ["nn", "models/unet"]) {
    mkdirSync(join(folder, room), { recursive: true });
    writeFileSync(join(folder, room, "index.ts"), "export const room = 1;\n");
  }
  return folder;
}

function build(folder) {
  const { status, stdout } = spawnSync(process.execPath, [COMPILER, "-b", folder], { encoding: "utf8" });
  assert.equal(status, 0, stdout);
}

const files = (folder) => {
  const entries = readdirSync(join(folder, "dist"), { withFileTypes: true, recursive: true });
  return entries.map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(folder.length + 6)).sort();
};

test("what the compiler writes stays; what a removed room and a moved one left is taken away, with its folders", () => {
  const folder = project();
  build(folder);
  const whole = files(folder);
  assert.ok(["nn/index.js", "nn/index.d.ts", "nn/index.js.map", ".tsbuildinfo"].every((name) => whole.includes(name)));
  assert.deepEqual(pruneOutput(folder), []);
  assert.deepEqual(files(folder), whole);

  rmSync(join(folder, "models"), { recursive: true });
  // The source of dist/kernel/server.js is there, but it is another package's.
  for (const place of ["kernel", "dist/kernel"]) mkdirSync(join(folder, place));
  writeFileSync(join(folder, "kernel/server.ts"), "export {};\n");
  writeFileSync(join(folder, "dist/kernel/server.js"), "");
  build(folder);
  assert.deepEqual(pruneOutput(folder), [
    "kernel/server.js",
    "models/unet/index.d.ts",
    "models/unet/index.js",
    "models/unet/index.js.map",
  ]);
  assert.deepEqual(
    files(folder),
    whole.filter((name) => !name.startsWith("models")),
  );
});

test("a folder that is no project is refused", () => {
  assert.throws(() => pruneOutput(tmpdir()), /tsconfig\.json/);
});
