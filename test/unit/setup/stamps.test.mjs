/** Stamps of finished work hold for their own key and survive no damage. */
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import {
  digest,
  hashFile,
  isStamped,
  readJson,
  stamp,
  unstamp,
  writeAtomically,
} from "../../../src/setup/support/stamps.mjs";

const scratch = () => mkdtempSync(join(tmpdir(), "stamps-"));

test("a stamp holds for its own key only, and not once it is taken away or cut short", () => {
  const path = join(scratch(), "deep", "stamp.json");
  assert.equal(isStamped(path, "a"), false);
  stamp(path, "a", { python: "3.12.1" });
  assert.equal(isStamped(path, "a"), true);
  assert.equal(isStamped(path, "b"), false);
  assert.equal(readJson(path).python, "3.12.1");
  writeFileSync(path, '{"key": "a"');
  assert.equal(isStamped(path, "a"), false);
  stamp(path, "a");
  unstamp(path);
  unstamp(path);
  assert.equal(isStamped(path, "a"), false);
});

test("writeAtomically replaces the content and leaves no draft", () => {
  const folder = scratch();
  const path = join(folder, "file");
  writeAtomically(path, "old");
  writeAtomically(path, "new");
  assert.equal(readFileSync(path, "utf8"), "new");
  assert.deepEqual(readdirSync(folder), ["file"]);
});

test("a digest depends on every part and on where the parts end", () => {
  assert.equal(digest("ab", "c"), digest("ab", "c"));
  assert.notEqual(digest("ab", "c"), digest("a", "bc"));
  assert.notEqual(digest("ab"), digest("ab", ""));
});

test("hashFile is SHA-256", async () => {
  const path = join(scratch(), "abc");
  writeFileSync(path, "abc");
  // FIPS 180-2, appendix B.1.
  assert.equal(await hashFile(path), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  await assert.rejects(hashFile(join(path, "no")), /ENOTDIR|ENOENT/);
});
