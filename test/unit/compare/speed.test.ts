/** Speeds: every way of a method, untrained, slowest to fastest, kept beside those of the same machine. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { methodNamed } from "../../../src/compare/methods/list.js";
import { problemNamed } from "../../../src/compare/problem.js";
import { measureSpeeds } from "../../../src/compare/speed.js";
import { CompareStore } from "../../../src/compare/store.js";
import * as tf from "../../../src/runtime/tf.js";

test("a method's ways are measured without training, and no tensor is left", async () => {
  const before = tf.memory().numTensors;
  const speeds = await measureSpeeds(problemNamed("ring"), methodNamed("gan"), { seconds: 0 });
  assert.equal(tf.memory().numTensors, before);
  assert.deepEqual(Object.keys(speeds), ["points/gan/gan"]);
  const { perSecond, slowest, fastest, count, repeats } = speeds["points/gan/gan"];
  assert.ok(slowest > 0 && slowest <= perSecond && perSecond <= fastest && count === 2000 && repeats === 5);
  const stopped = measureSpeeds(problemNamed("ring"), methodNamed("gan"), {
    signal: AbortSignal.abort(new Error("no")),
  });
  await assert.rejects(stopped, /no/);
});

test("speeds of one machine are kept together, and give way to those of another", () => {
  const folder = mkdtempSync(join(tmpdir(), "speeds-"));
  const store = new CompareStore(folder);
  const speed = { perSecond: 123.456, slowest: 100, fastest: 150, count: 10, repeats: 5 };
  const from = { processor: "a", versions: { node: "v1" }, date: "2026-11-30" };
  assert.equal(store.speeds(), undefined);
  store.keepSpeeds({ "points/gan/gan": speed }, from);
  store.keepSpeeds({ "points/vae/vae": speed }, from);
  assert.deepEqual(Object.keys(store.speeds()!.speeds), ["points/gan/gan", "points/vae/vae"]);
  assert.equal(store.speeds()!.speeds["points/gan/gan"].perSecond, 123.5);
  store.keepSpeeds({ "points/vae/vae": speed }, { ...from, processor: "b" });
  assert.deepEqual([store.speeds()!.processor, Object.keys(store.speeds()!.speeds)], ["b", ["points/vae/vae"]]);
  assert.deepEqual(Object.keys(store.evidence().speeds!), ["points/vae/vae"]);
  rmSync(folder, { recursive: true });
});
