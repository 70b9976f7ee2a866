/** PointMlp is its definition by hand, and learns. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "../../../src/runtime/tf.js";
import { linearSchedule } from "../../../src/diffusion/index.js";
import { PointMlp, type PointMlpConfig } from "../../../src/networks/index.js";
import { timeEncodingNames } from "../../../src/nn/index.js";
import { DiffusionTask } from "../../../src/families/index.js";
import { Trainer } from "../../../src/training/index.js";
import { RandomStream } from "../../../src/random/index.js";
import { checkGradients, largestDifference, normal } from "../nn/gradient-check.js";

const t = tf.tensor1d([0, 250, 999]);
const x = normal([3, 2], 1) as tf.Tensor2D;

test("PointMlp: the definition by hand", () => {
  const network = new PointMlp({ hidden: [2], time_encoding: "none", act_fn: "relu" });
  assert.deepEqual(network.parameters.names, ["layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias"]);
  network.parameters.assignFlat(Float32Array.of(1, 0, 0, 1, 0, -1, 2, 0, 0, 3, 10, 20));
  // relu([5, −4] + [0, −1]) = [5, 0]; [5, 0]·diag(2, 3) + [10, 20]
  assert.deepEqual([...network.apply(tf.tensor2d([[5, -4]]), tf.tensor1d([7])).dataSync()], [20, 20]);
});

test("PointMlp: by default the network of 34-128-128-128-2", () => {
  const network = new PointMlp();
  assert.equal(network.parameters.count, 34 * 128 + 128 + 2 * (128 * 128 + 128) + 128 * 2 + 2);
  assert.deepEqual(network.apply(x, t).shape, [3, 2]);
});

for (const time_encoding of timeEncodingNames) {
  test(`PointMlp with ${time_encoding}: gradients, no tensor left, one point independent of the others`, () => {
    for (const num_class_embeds of [null, 2]) {
      const config: Partial<PointMlpConfig> = { hidden: [6, 5], time_encoding, time_channels: 4, num_class_embeds };
      const network = new PointMlp(config, { seed: 3 });
      const label = tf.tensor1d([1, 0, 1], "int32");
      const [all, second] = num_class_embeds === null ? [{}, {}] : [{ label }, { label: tf.slice(label, 1, 1) }];
      checkGradients(([v]) => network.apply(v as tf.Tensor2D, t, all), [x], network.parameters, {
        tolerance: 5e-3,
      });
      const together = network.apply(x, t, all);
      const [one, time] = [tf.slice(x, 1, 1), tf.slice(t, 1, 1)];
      const alone = network.apply(one, time, second);
      assert.ok(largestDifference(tf.slice(together, 1, 1), alone) < 1e-6);
      const later = network.apply(one, tf.tensor1d([500]), second);
      assert.equal(largestDifference(alone, later) === 0, time_encoding === "none");
    }
  });
}

test("PointMlp refuses inputs and configurations that do not fit", () => {
  const network = new PointMlp({ hidden: [4], dimensions: 3 });
  assert.throws(() => network.apply(x, t), /takes points \[N, 3\], got shape \[3,2\]/);
  assert.throws(() => network.apply(tf.zeros([2, 3]), t), /one value a point, shape \[2\], got \[3\]/);
  assert.throws(
    () => network.apply(tf.zeros([3, 3]), t, { label: tf.tensor1d([0, 0, 0], "int32") }),
    /does not know the condition "label": it takes none/,
  );
  const byClass = new PointMlp({ hidden: [4], num_class_embeds: 2 });
  assert.throws(() => byClass.apply(x, t), /needs the condition "label", int32 \[3\], got none/);
  const bad: [Record<string, unknown>, RegExp][] = [
    [{ hidden: [4, 0] }, /hidden must be a positive whole number, got 0/],
    [{ dimensions: 1.5 }, /dimensions must be/],
    [{ time_encoding: "rotary" }, /time_encoding: unknown "rotary", allowed are cos-sin/],
    [{ act_fn: "sine" }, /act_fn: unknown "sine"/],
    [{ time_channels: 7 }, /must be even, got 7/],
    [{ num_class_embeds: 0 }, /num_class_embeds/],
  ];
  for (const [config, message] of bad) assert.throws(() => new PointMlp(config as Partial<PointMlpConfig>), message);
});

test("PointMlp learns: the loss on two clusters falls well below that of an untrained network", () => {
  const stream = new RandomStream(1, "clusters");
  const data = Float32Array.from({ length: 512 }, (_, i) => (i % 4 < 2 ? 1 : -1) + 0.05 * stream.normal());
  const network = new PointMlp({ hidden: [64, 64] }, { seed: 1 });
  const task = new DiffusionTask({ network, path: linearSchedule(), data, shape: [2], batchSize: 128, seed: 1 });
  const trainer = new Trainer(task, { learningRate: 3e-3 });
  const losses = [...trainer.steps(250)].map((step) => step.loss);
  const mean = (part: number[]) => part.reduce((sum, v) => sum + v, 0) / part.length;
  assert.ok(mean(losses.slice(0, 5)) > 0.9);
  assert.ok(mean(losses.slice(-50)) < 0.35, `loss ${mean(losses.slice(-50))}`);
  trainer.dispose();
});
