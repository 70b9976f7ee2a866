/** An installation of libraries that fails leaves the cache as it found it. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { installLibraries } from "../../../../src/setup/native/libraries.mjs";

test("an installation that fails leaves the cache as it was, and clears away what an interrupted one left", async () => {
  const cache = mkdtempSync(join(tmpdir(), "libraries-"));
  const folder = join(cache, "tensorflow-0.0.0");
  mkdirSync(join(`${folder}.tmp-1`, "deps"), { recursive: true });
  writeFileSync(join(cache, "other"), "");
  let scratch = "";
  const noPython = async (folder) => {
    scratch = folder;
    assert.ok(existsSync(scratch));
    throw new Error("no Python was found");
  };
  await assert.rejects(
    installLibraries(folder, noPython, () => undefined),
    /no Python was found/,
  );
  assert.ok(scratch.startsWith(cache));
  assert.deepEqual(readdirSync(cache), ["other"]);
});
