/** The cache of native libraries knows when it is whole, damaged or made for another wheel. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { cacheState, damagedFiles, nativeFolder, userCache } from "../../../../src/setup/native/cache.mjs";
import { describeFiles, wrongContents, wrongSizes } from "../../../../src/setup/native/manifest.mjs";
import { requireWheel, WHEELS } from "../../../../src/setup/native/wheels.mjs";

function scratch() {
  const folder = mkdtempSync(join(tmpdir(), "native-"));
  mkdirSync(join(folder, "deps"));
  writeFileSync(join(folder, "deps", "a.so"), "library a");
  writeFileSync(join(folder, "deps", "b.so"), "library b");
  return folder;
}
const NAMES = ["deps/a.so", "deps/b.so"];

test("an untouched cache has right sizes and contents", async () => {
  const folder = scratch();
  const files = await describeFiles(folder, NAMES);
  assert.equal(files["deps/a.so"].bytes, 9);
  assert.deepEqual(wrongSizes(folder, files), []);
  assert.deepEqual(await wrongContents(folder, files), []);
});

test("a cut or missing file is seen by its size, a changed byte by its checksum", async () => {
  const folder = scratch();
  const files = await describeFiles(folder, NAMES);
  writeFileSync(join(folder, "deps", "a.so"), "library X");
  assert.deepEqual(wrongSizes(folder, files), []);
  assert.deepEqual(await wrongContents(folder, files), ["deps/a.so"]);
  writeFileSync(join(folder, "deps", "a.so"), "lib");
  rmSync(join(folder, "deps", "b.so"));
  assert.deepEqual(wrongSizes(folder, files), NAMES);
  assert.deepEqual(await wrongContents(folder, files), NAMES);
});

test("an empty cache, or one made from another wheel, is not used", async () => {
  const folder = scratch();
  assert.deepEqual(cacheState(folder, folder), { manifest: null, libraries: false, addons: false });
  assert.equal(await damagedFiles(folder), null);
  const manifest = { wheel: "other", libraries: await describeFiles(folder, NAMES), addons: {} };
  writeFileSync(join(folder, "manifest.json"), JSON.stringify(manifest));
  const { libraries, addons } = cacheState(folder, folder);
  assert.deepEqual({ libraries, addons }, { libraries: false, addons: false });
  assert.deepEqual(await damagedFiles(folder), []);
});

test("every wheel in the table has a full SHA-256; a machine without one is refused with those that have one", () => {
  for (const [machine, wheel] of Object.entries(WHEELS)) {
    assert.match(wheel.sha256, /^[0-9a-f]{64}$/);
    assert.equal(requireWheel(machine, "glibc"), wheel);
  }
  assert.throws(
    () => requireWheel("win32-x64", null),
    (error) => /on win32-x64$/.test(error.why) && /linux-x64.*WSL/.test(error.remedy),
  );
  assert.throws(
    () => requireWheel("linux-x64", "musl"),
    (error) => /on linux-x64 with musl/.test(error.why) && /not Alpine/.test(error.remedy),
  );
});

test("DIFFUSION_LAB_CACHE, then XDG_CACHE_HOME, then the home folder hold the cache", () => {
  assert.equal(userCache({ DIFFUSION_LAB_CACHE: "/big/disk", XDG_CACHE_HOME: "/xdg" }), "/big/disk");
  assert.equal(userCache({ XDG_CACHE_HOME: "/xdg", HOME: "/home/ada" }), join("/xdg", "diffusion-lab"));
  assert.equal(userCache({ HOME: "/home/ada" }), join("/home/ada", ".cache", "diffusion-lab"));
  assert.match(nativeFolder("/c"), /tensorflow-\d+\.\d+\.\d+-\w+-\w+-napi8$/);
});
