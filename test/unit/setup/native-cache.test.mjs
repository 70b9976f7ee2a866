import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import {
  cacheState,
  describeFiles,
  findCompiler,
  nativeFolder,
  verifyWheel,
  wrongContents,
  wrongSizes,
} from "../../../src/setup/native-cache.mjs";
import { userCache } from "../../../src/setup/paths.mjs";
import { WHEELS } from "../../../src/setup/wheels.mjs";

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

test("a wheel with another checksum is refused with the two checksums and a remedy", async () => {
  const path = join(scratch(), "deps", "a.so");
  await verifyWheel(path, (await describeFiles(join(path, "..", ".."), NAMES))["deps/a.so"].sha256);
  await assert.rejects(verifyWheel(path, "0".repeat(64)), (error) => {
    assert.match(error.why, /checksum [0-9a-f]{16}…, expected 0{16}…/);
    assert.match(error.remedy, /mirror/);
    return true;
  });
});

test("an empty cache, or one made from another wheel, is not used", () => {
  const folder = scratch();
  assert.equal(cacheState(folder).libraries, false);
  writeFileSync(join(folder, "manifest.json"), JSON.stringify({ wheel: "other", libraries: {}, addons: {} }));
  assert.equal(cacheState(folder).libraries, false);
  assert.equal(cacheState(folder).addons, false);
});

test("every wheel in the table has a full SHA-256", () => {
  for (const wheel of Object.values(WHEELS)) assert.match(wheel.sha256, /^[0-9a-f]{64}$/);
});

test("DIFFUSION_LAB_CACHE, then XDG_CACHE_HOME, then the home folder hold the cache", () => {
  assert.equal(userCache({ DIFFUSION_LAB_CACHE: "/big/disk", XDG_CACHE_HOME: "/xdg" }), "/big/disk");
  assert.equal(userCache({ XDG_CACHE_HOME: "/xdg", HOME: "/home/ada" }), join("/xdg", "diffusion-lab"));
  assert.equal(userCache({ HOME: "/home/ada" }), join("/home/ada", ".cache", "diffusion-lab"));
  assert.match(nativeFolder("/c"), /tensorflow-\d+\.\d+\.\d+-\w+-\w+-napi8$/);
});

test("a compiler that does not exist is not found", async () => {
  assert.equal(await findCompiler({ CXX: "no-such-compiler" }), null);
});
