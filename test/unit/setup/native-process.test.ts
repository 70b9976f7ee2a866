/** A process that computes gets its memory settings and releases what loading TensorFlow used. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { test } from "node:test";
import * as tf from "../../../src/runtime/tf.js";
import { nativeStatus } from "../../../src/runtime/native.js";
import { computingProcess, forComputing, forOthers } from "../../../src/runtime/native-process.js";

const folder = dirname(createRequire(import.meta.url).resolve("@tensorflow/tfjs-node/package.json"));
const linuxOnly = {
  skip: process.platform !== "linux" || !nativeStatus.native ? "needs native TensorFlow on Linux" : false,
};

/** Resident megabytes of the segments of libtensorflow_cc that are never written. */
function residentLibrary(): number {
  const maps = readFileSync("/proc/self/smaps", "utf8").split(/\n(?=[0-9a-f]+-[0-9a-f]+ )/);
  const kilobytes = maps
    .filter((map) => /^\S+ r-[x-]p .*libtensorflow_cc/.test(map))
    .map((map) => Number(/Rss: +(\d+) kB/.exec(map)?.[1]));
  assert.ok(kilobytes.length > 0, "libtensorflow_cc is not among the mapped files");
  return kilobytes.reduce((sum, kb) => sum + kb, 0) / 1024;
}

test("what only the loading of TensorFlow read does not stay resident, and it computes after all", linuxOnly, () => {
  const product = tf.matMul(tf.tensor2d([[1, 2]]), tf.tensor2d([[3], [4]]));
  assert.deepEqual(product.arraySync(), [[11]]);
  product.dispose();
  // 240 MB with everything that loading read, 15 to 60 of what computing needs.
  assert.ok(residentLibrary() < 120, `${residentLibrary().toFixed(0)} MB`);
});

test("dropPages refuses what names no library and knows none of a strange name", linuxOnly, () => {
  const { dropPages } = createRequire(import.meta.url)(join(folder, "lib", "napi-v8", "drop_pages.node")) as {
    dropPages(name?: unknown): number;
  };
  for (const wrong of [undefined, "", 3]) assert.throws(() => dropPages(wrong), /part of a library's name/);
  assert.equal(dropPages("no-such-library"), 0);
});

test("settings of the user's own win, and others get none of ours", () => {
  const { GLIBC_TUNABLES, MALLOC_ARENA_MAX } = computingProcess.environment;
  assert.deepEqual(forComputing({ PATH: "/bin" }), { PATH: "/bin", GLIBC_TUNABLES, MALLOC_ARENA_MAX });
  assert.equal(forComputing({ MALLOC_ARENA_MAX: "8" })["MALLOC_ARENA_MAX"], "8");
  assert.deepEqual(forOthers(forComputing({ PATH: "/bin" })), { PATH: "/bin" });
  assert.deepEqual(forOthers({ MALLOC_ARENA_MAX: "8" }), { MALLOC_ARENA_MAX: "8" });
});
