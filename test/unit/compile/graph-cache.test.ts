/** Graphs on disk are found again, survive damage and other processes, and the oldest go. */
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";
import { compile } from "../../../src/compile/index.js";
import { defaultCacheFolder, withGraphFolder } from "../../../src/compile/graph-cache.js";
import { SignatureStore } from "../../../src/compile/signature-store.js";
import * as tf from "../../../src/runtime/tf.js";
import { temporaryCache } from "./support.js";

function run(cacheFolder: string): number {
  const compiled = compile(({ x }: { x: tf.Tensor }) => ({ y: tf.sum(tf.matMul(x, x)) }), { cacheFolder });
  const x = tf.tensor2d([1, 2, 3, 4], [2, 2]);
  const { y } = compiled({ x });
  const value = y.dataSync()[0];
  compiled.dispose();
  tf.dispose([x, y]);
  return value;
}

function graphFile(cache: string): string {
  const folders = readdirSync(cache).filter((name) => /^[0-9a-f]{32}$/.test(name));
  assert.equal(folders.length, 1);
  return join(cache, folders[0], "saved_model.pb");
}

test("the same program finds its graph again", () => {
  const cache = temporaryCache();
  assert.equal(run(cache), 54);
  const written = statSync(graphFile(cache)).mtimeMs;
  assert.equal(run(cache), 54);
  assert.equal(statSync(graphFile(cache)).mtimeMs, written);
});

test("a graph that was cut, overwritten or replaced by a folder is written anew", () => {
  const cache = temporaryCache();
  run(cache);
  const file = graphFile(cache);
  const whole = readFileSync(file);
  const other = Buffer.from(whole);
  other[other.length >> 1] ^= 1;
  for (const damaged of [whole.subarray(0, 40), Buffer.alloc(0), Buffer.from("not a graph"), other]) {
    writeFileSync(file, damaged);
    assert.equal(run(cache), 54);
    assert.ok(readFileSync(file).equals(whole));
  }
  rmSync(file);
  mkdirSync(file);
  assert.equal(run(cache), 54);
});

test("a table of signatures that was damaged is an empty one", () => {
  const cache = temporaryCache();
  const store = new SignatureStore(cache, "2.0");
  store.set("a", [{ dtype: 1, shape: [2, 3] }]);
  store.save();
  const [name] = readdirSync(cache);
  assert.deepEqual(new SignatureStore(cache, "2.0").get("a"), [{ dtype: 1, shape: [2, 3] }]);
  assert.equal(new SignatureStore(cache, "2.1").get("a"), undefined);
  const content = readFileSync(join(cache, name), "utf8");
  for (const damaged of [content.replace("[2,3]", "[2,4]"), content.slice(0, -3), "", "{}"]) {
    writeFileSync(join(cache, name), damaged);
    assert.equal(new SignatureStore(cache, "2.0").get("a"), undefined);
  }
});

test("what two processes learnt is joined", () => {
  const cache = temporaryCache();
  const [first, second] = [new SignatureStore(cache, "1"), new SignatureStore(cache, "1")];
  first.set("a", [{ dtype: 1, shape: [] }]);
  second.set("b", [{ dtype: 3, shape: [1] }]);
  first.save();
  second.save();
  const joined = new SignatureStore(cache, "1");
  assert.ok(joined.get("a") && joined.get("b"));
});

test("a cache that cannot be written is no error", () => {
  const cache = temporaryCache();
  const occupied = join(cache, "file");
  writeFileSync(occupied, "");
  assert.equal(run(join(occupied, "below")), 54);
  chmodSync(occupied, 0o400);
});

test("the oldest of more than 64 graphs go", () => {
  const cache = temporaryCache();
  const folderOf = (i: number): string => withGraphFolder(cache, Buffer.from([i]), (folder) => folder);
  const folders = Array.from({ length: 64 }, (_, i) => {
    const folder = folderOf(i);
    utimesSync(folder, 1000 + i, 1000 + i);
    return basename(folder);
  });
  // Used again, the oldest is the newest.
  assert.equal(basename(folderOf(0)), folders[0]);
  const added = [64, 65].map((i) => basename(folderOf(i)));
  assert.deepEqual(readdirSync(cache).sort(), [folders[0], ...folders.slice(3), ...added].sort());
});

test("the cache lies where the environment says", () => {
  assert.equal(defaultCacheFolder({ DIFFUSION_LAB_CACHE: "/a" }), "/a/graphs");
  assert.equal(defaultCacheFolder({ XDG_CACHE_HOME: "/x", HOME: "/h" }), "/x/diffusion-lab/graphs");
  assert.equal(defaultCacheFolder({ HOME: "/h" }), "/h/.cache/diffusion-lab/graphs");
});
