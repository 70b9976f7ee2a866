/** A recorded training step equals its operations one by one and keeps memory flat. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "../../../src/runtime/tf.js";
import { linearSchedule, predictions, type Prediction } from "../../../src/diffusion/index.js";
import { Classifier, PointMlp, UNet2D } from "../../../src/networks/index.js";
import { RandomStream } from "../../../src/random/index.js";
import {
  ClassificationTask,
  DiffusionTask,
  labelColumn,
  networkDenoiser,
  type ClassificationTaskOptions,
  type TimeNetwork,
} from "../../../src/families/index.js";
import { TrainingStep, type TrainingTask } from "../../../src/training/index.js";
import { assertGraphEqualsEager, distance, OPTIONS, withoutGraphs } from "./graph-equals-eager.js";

const schedule = linearSchedule({ T: 100 });
const pictures = new RandomStream(1, "pictures").uniforms(12 * 64).map((u) => 2 * u - 1);
const labels = Uint8Array.from({ length: 12 }, (_, i) => i % 3);

function unet(options: { labels?: boolean } = {}): UNet2D {
  return new UNet2D(
    {
      in_channels: 1,
      out_channels: 1,
      block_out_channels: [8, 8],
      layers_per_block: 1,
      down_block_types: ["DownBlock2D", "AttnDownBlock2D"],
      up_block_types: ["AttnUpBlock2D", "UpBlock2D"],
      norm_num_groups: 4,
      ...(options.labels && { num_class_embeds: 3 }),
    },
    { seed: 2 },
  );
}

test("the U-Net's step as a graph equals the step operation by operation", () => {
  const network = (): TimeNetwork => unet() as TimeNetwork;
  assertGraphEqualsEager(
    () => new DiffusionTask({ network: network(), path: schedule, data: pictures, shape: [8, 8, 1], batchSize: 4 }),
  );
});

test("the class-conditional U-Net's step as a graph equals the step operation by operation", () => {
  const network = (): TimeNetwork => unet({ labels: true }) as TimeNetwork;
  assertGraphEqualsEager(
    () =>
      new DiffusionTask({
        network: network(),
        path: schedule,
        data: pictures,
        shape: [8, 8, 1],
        batchSize: 4,
        conditions: { label: labelColumn(labels) },
      }),
  );
});

for (const prediction of predictions as readonly Prediction[]) {
  test(`the objective of "${prediction}" as a graph equals the objective operation by operation`, () => {
    const network = (): TimeNetwork => new PointMlp({ hidden: [16, 16] }, { seed: 1 }) as TimeNetwork;
    assertGraphEqualsEager(
      () =>
        new DiffusionTask({
          network: network(),
          path: schedule,
          data: pictures,
          shape: [2],
          batchSize: 8,
          prediction,
        }),
    );
  });
}

test("the classifier's step as a graph equals the step operation by operation", () => {
  assertGraphEqualsEager(() => {
    const classifier = new Classifier({ height: 8, width: 8, in_channels: 1, classes: 3 });
    return new ClassificationTask({ classifier, images: pictures, labels, batchSize: 4 });
  });
});

test("images, labels and options that do not fit the classifier are refused", () => {
  const classifier = new Classifier({ height: 8, width: 8, in_channels: 1, classes: 3 });
  const fits = { classifier, images: new Float32Array(128), labels: Uint8Array.of(0, 2), batchSize: 2 };
  const refused: [Partial<ClassificationTaskOptions>, RegExp][] = [
    [{ labels: Uint8Array.of(0, 1, 2) }, /3 labels need 3 images of \[8, 8, 1\], 192 numbers .* got 128/],
    [{ labels: new Uint8Array(0), images: new Float32Array(0) }, /at least one image; got 0/],
    [{ labels: Uint8Array.of(0, 3) }, /label 1 is 3, the classifier has classes 0 … 2/],
    [{ images: new Float32Array(128).fill(NaN, 70, 71) }, /example 1 of the images holds NaN/],
    [{ batchSize: 0 }, /batchSize must be a positive whole number, got 0/],
    [{ maxShift: 8 }, /maxShift must be a whole number of pixels, 0 … 7, got 8/],
  ];
  for (const [change, message] of refused) assert.throws(() => new ClassificationTask({ ...fits, ...change }), message);
  new ClassificationTask(fits);
  classifier.parameters.dispose();
});

test("a denoiser as a graph equals the network operation by operation, with and without a condition", () => {
  for (const conditional of [false, true]) {
    const network = unet({ labels: conditional });
    const denoiser = networkDenoiser(network as TimeNetwork, schedule);
    const xt = tf.tensor4d(pictures.slice(0, 192), [3, 8, 8, 1]);
    const t = tf.tensor1d([1, 40, 100]);
    const condition = conditional ? { label: tf.tensor1d([2, 0, 1], "int32") } : undefined;
    const graph = denoiser.predict(xt, t, condition);
    const eager = withoutGraphs(() => denoiser.predict(xt, t, condition));
    assert.ok(distance(graph.dataSync() as Float32Array, eager.dataSync() as Float32Array) < 1e-5);
    denoiser.dispose();
    network.dispose();
    tf.dispose([xt, t, graph, eager, ...(condition ? [condition.label] : [])]);
  }
});

test("a batch may use any names, and a state that is restored gives the same next step", () => {
  const make = (): TrainingTask => {
    const network = new PointMlp({ hidden: [4] });
    type Batch = { mean: tf.Tensor2D; scalars: { rate: tf.Tensor1D } };
    const task: TrainingTask<Batch> = {
      phases: [
        {
          name: "values",
          trains: network.parameters,
          loss: ({ mean, scalars: { rate } }) => ({ loss: tf.mean(tf.square(network.apply(mean, rate))) }),
        },
      ],
      batchSize: 1,
      batch: (step) => ({ mean: tf.tensor2d([step, 2], [1, 2]), scalars: { rate: tf.tensor1d([step]) } }),
    };
    return task;
  };
  const take = (task: TrainingTask, step: TrainingStep, n: number): void => {
    const batch = task.batch(n);
    step.run(batch, n);
    tf.dispose(batch as tf.TensorContainer);
  };
  const [first, second] = [make(), make()];
  const [whole, resumed] = [new TrainingStep(first, OPTIONS), new TrainingStep(second, OPTIONS)];
  take(first, whole, 1);
  resumed.restore(whole.save());
  take(first, whole, 2);
  take(second, resumed, 2);
  assert.deepEqual(resumed.save(), whole.save());
  for (const step of [whole, resumed]) step.dispose();
});

test("2000 steps leave memory as it was", () => {
  const network = new PointMlp({ hidden: [64, 64] });
  const task = new DiffusionTask({
    network: network as TimeNetwork,
    path: schedule,
    data: pictures,
    shape: [2],
    batchSize: 256,
  });
  const step = new TrainingStep(task, OPTIONS);
  const run = (from: number, to: number): void => {
    for (let n = from; n <= to; n++) {
      const batch = task.batch(n);
      step.run(batch, n);
      tf.dispose(batch as tf.TensorContainer);
    }
  };
  run(1, 200);
  const { numTensors, numDataBuffers } = tf.memory();
  const resident = process.memoryUsage.rss();
  run(201, 2200);
  assert.equal(tf.memory().numTensors, numTensors);
  assert.equal(tf.memory().numDataBuffers, numDataBuffers);
  // The 22 000 numbers of the state leaked at each step would be 180 MB.
  assert.ok(process.memoryUsage.rss() - resident < 40e6, `${process.memoryUsage.rss() - resident} bytes more`);
  step.dispose();
  network.parameters.dispose();
});
