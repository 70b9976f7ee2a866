/** Training without native TensorFlow reaches the numbers of the native graph. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "../../../src/runtime/tf.js";
import { linearSchedule } from "../../../src/diffusion/index.js";
import { PointMlp } from "../../../src/networks/index.js";
import { RandomStream } from "../../../src/random/index.js";
import { DiffusionTask, type TimeNetwork } from "../../../src/families/index.js";
import { adamW, Trainer } from "../../../src/training/index.js";

interface Outcome {
  readonly losses: readonly number[];
  readonly values: Float32Array;
  readonly average: Float32Array;
}

/** Twenty steps; the gradients are long enough to be clipped. */
async function train(backend: string): Promise<Outcome> {
  await tf.setBackend(backend);
  const before = tf.memory().numTensors;
  const network = new PointMlp({ hidden: [16, 16] }, { seed: 2 }) as TimeNetwork;
  const data = new RandomStream(1, "points").normals(64);
  const task = new DiffusionTask({ network, path: linearSchedule({ T: 100 }), data, shape: [2], batchSize: 16 });
  const trainer = new Trainer(task, {
    learningRate: 1e-2,
    maxGradientNorm: 0.3,
    optimiser: adamW({ weightDecay: 0.01 }),
  });
  await trainer.run(20);
  const outcome = { losses: [...trainer.losses], values: task.parameters.toFlat(), average: trainer.averageValues };
  trainer.dispose();
  network.parameters.dispose();
  assert.equal(tf.memory().numTensors, before);
  return outcome;
}

const apart = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i])));

test("the pure-JavaScript backend trains to the numbers of the native graph", async () => {
  const native = tf.getBackend();
  assert.equal(native, "tensorflow");
  const operations = await train("cpu");
  const graph = await train(native);
  assert.ok(apart(operations.losses, graph.losses) < 1e-4, `losses ${apart(operations.losses, graph.losses)}`);
  assert.ok(apart(operations.values, graph.values) < 1e-4, `values ${apart(operations.values, graph.values)}`);
  assert.ok(apart(operations.average, graph.average) < 1e-4, `average ${apart(operations.average, graph.average)}`);
  assert.ok(apart(graph.values, graph.average) > 1e-2, "the training moved");
});
