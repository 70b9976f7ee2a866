/** Objectives equal their losses, compiled or not, and hand back what adaptive times need. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { mapTree } from "../../../src/base/tree.js";
import type { Parameters } from "../../../src/nn/index.js";
import * as tf from "../../../src/runtime/tf.js";
import {
  cosineSchedule,
  edmPath,
  flowPath,
  hybridLoss,
  linearSchedule,
  logNormalLevels,
  lossAwareTimes,
  type LossAwareTimes,
  lossWeights,
  scoreMatchingLoss,
  splitLearnedVariance,
  type GaussianPath,
} from "../../../src/diffusion/index.js";
import { PointMlp } from "../../../src/networks/index.js";
import { RandomStream } from "../../../src/random/index.js";
import {
  boundObjective,
  DiffusionTask,
  hybridObjective,
  learnedVarianceDenoiser,
  networkDenoiser,
  preconditionedDenoiser,
  preconditionedObjective,
  simpleObjective,
  type DiffusionBatch,
  type DiffusionTaskOptions,
  type TimeNetwork,
} from "../../../src/families/index.js";
import { Trainer } from "../../../src/training/index.js";
import { assertGraphEqualsEager, withoutGraphs } from "../training/graph-equals-eager.js";

const data = new RandomStream(3, "points").normals(64).map((z) => 0.5 * z);
const schedule = cosineSchedule({ T: 100 });
const edm = edmPath();

/** A network of points [N, 2]; with learned variance its output is [N, 4]. */
function pointNetwork(outputs: 2 | 4): TimeNetwork {
  const network = new PointMlp({ dimensions: outputs, hidden: [16, 16] }, { seed: 1 });
  if (outputs === 2) return network as TimeNetwork;
  return {
    parameters: network.parameters,
    apply: (x, t) => network.apply(tf.concat([x, x], 1) as tf.Tensor2D, t),
  };
}

const task = (outputs: 2 | 4, options: Partial<DiffusionTaskOptions>): DiffusionTask =>
  new DiffusionTask({ network: pointNetwork(outputs), path: schedule, data, shape: [2], batchSize: 8, ...options });

const near = (actual: number, expected: number, relative: number): void =>
  assert.ok(Math.abs(actual - expected) <= relative * Math.abs(expected), `${actual}, expected ${expected}`);

function lossOf(given: DiffusionTask, batch: DiffusionBatch): number {
  return tf.tidy(() => given.loss(batch).dataSync()[0]);
}

const variants: Record<string, () => DiffusionTask> = {
  "hybrid, learned variance": () => task(4, { objective: hybridObjective(schedule, { boundWeight: 0.05 }) }),
  "variational bound, learned variance": () =>
    task(4, { objective: boundObjective(schedule, { prediction: "velocity" }) }),
  "EDM preconditioning": () =>
    task(2, { path: edm, objective: preconditionedObjective(), times: logNormalLevels(edm) }),
  "min-SNR": () => task(2, { prediction: "velocity", weighting: "min-snr" }),
  "flow matching on a continuous path": () => task(2, { path: flowPath(), prediction: "flow" }),
  "reflow, noise that belongs to the data": () =>
    task(2, { path: flowPath(), prediction: "flow", noise: data.map((x) => 1 - x) }),
  "times drawn by loss": () => task(2, { times: filled() }),
};

for (const [name, make] of Object.entries(variants)) {
  test(`${name}: the step as a graph equals the step operation by operation`, () => assertGraphEqualsEager(make));
}

test("the hybrid objective is hybridLoss of the same batch", () => {
  const own = task(4, { objective: hybridObjective(schedule, { boundWeight: 0.05 }) });
  const batch = own.batch(1);
  const expected = tf.tidy(() => {
    const { x0, noise, signal, sigma, time } = batch;
    const t = (time.dataSync() as Float32Array).map((value) => value + 1);
    const xt = tf.add(tf.mul(signal, x0), tf.mul(sigma, noise));
    const { network } = (own as unknown as { options: DiffusionTaskOptions }).options;
    const { output, fraction } = splitLearnedVariance(network.apply(xt, time as tf.Tensor1D));
    return hybridLoss(
      schedule,
      "noise",
      { x0, xt, t, target: noise, output, fraction },
      { boundWeight: 0.05 },
    ).dataSync()[0];
  });
  near(lossOf(own, batch), expected, 1e-5);
  tf.dispose(batch as tf.TensorContainer);
  (own.parameters as Parameters).dispose();
});

test("score matching is the score's error weighted by SNR", () => {
  const network = pointNetwork(2);
  const own = task(2, { network, prediction: "score", weighting: "snr" });
  const batch = own.batch(1);
  const expected = tf.tidy(() => {
    const { x0, noise, signal, sigma, time } = batch;
    const score = network.apply(tf.add(tf.mul(signal, x0), tf.mul(sigma, noise)), time as tf.Tensor1D);
    const t = (time.dataSync() as Float32Array).map((value) => value + 1);
    return scoreMatchingLoss(schedule, score, noise, t).dataSync()[0];
  });
  near(lossOf(own, batch), expected, 1e-5);
  tf.dispose(batch as tf.TensorContainer);
  network.parameters.dispose();
});

test("EDM's objective is its weighted error of the denoiser that belongs to it, and that denoiser is a graph", () => {
  const network = pointNetwork(2);
  const own = task(2, { network, path: edm, objective: preconditionedObjective(), times: logNormalLevels(edm) });
  const denoiser = preconditionedDenoiser(network, edm);
  const batch = own.batch(2);
  const sigmas = Float32Array.from(batch.sigma.dataSync());
  const weights = lossWeights(edm, "sample", "edm", sigmas, 8);
  const error = (): number =>
    tf.tidy(() => {
      const { x0, noise, sigma } = batch;
      const estimate = denoiser.predict(tf.add(x0, tf.mul(sigma, noise)), tf.tensor1d(sigmas.slice()));
      const perExample = tf.mean(tf.square(tf.sub(estimate, x0)), 1).dataSync();
      return weights.reduce((sum, weight, i) => sum + (weight * perExample[i]) / 8, 0);
    });
  near(error(), lossOf(own, batch), 1e-4);
  near(withoutGraphs(error), lossOf(own, batch), 1e-4);
  tf.dispose(batch as tf.TensorContainer);
  denoiser.dispose();
  network.parameters.dispose();
});

test("a network with learned variance as a denoiser gives both halves, as a graph and without", () => {
  const network = pointNetwork(4);
  const denoiser = learnedVarianceDenoiser(network, schedule);
  tf.tidy(() => {
    const xt = tf.tensor2d(data.slice(0, 6), [3, 2]);
    const t = tf.tensor1d([1, 50, 100]);
    const whole = network.apply(xt, tf.tensor1d([0, 49, 99])).arraySync() as number[][];
    for (const run of [<T>(use: () => T): T => use(), withoutGraphs]) {
      const { output, fraction } = run(() => denoiser.predictWithVariance(xt, t));
      const [plain, o, v] = [run(() => denoiser.predict(xt, t)), output, fraction].map(
        (tensor) => tensor.arraySync() as number[][],
      );
      whole.forEach((row, i) => {
        for (const j of [0, 1]) {
          near(o[i][j], row[j], 1e-4);
          assert.equal(plain[i][j], o[i][j]);
          near(v[i][j], (row[j + 2] + 1) / 2, 1e-4);
        }
      });
    }
  });
  denoiser.dispose();
  network.parameters.dispose();
});

test("on a continuous path the network is told 1000·t/T, in training and in sampling", () => {
  const parameters = new PointMlp().parameters;
  const teller: TimeNetwork = { parameters, apply: (x, t) => tf.add(tf.mul(x, 0), tf.reshape(t, [-1, 1])) };
  const path: GaussianPath = flowPath();
  const batch = task(2, { network: teller, path, prediction: "flow" }).batch(1);
  const levels = batch.sigma.dataSync();
  batch.time.dataSync().forEach((time, i) => near(time, 1000 * levels[i], 1e-5));
  const denoiser = networkDenoiser(teller, path, { predicts: "flow" });
  const told = tf.tidy(() => [...denoiser.predict(tf.zeros([2, 1]), tf.tensor1d([0.25, 1])).dataSync()]);
  assert.deepEqual(told, [250, 1000]);
  denoiser.dispose();
  tf.dispose(batch as tf.TensorContainer);
  parameters.dispose();
});

/** Times by loss whose every time has been seen, late ones with larger losses. */
function filled(): LossAwareTimes {
  const times = lossAwareTimes(100, { length: 2 });
  for (const round of [1, 2]) {
    for (let t = 1; t <= 100; t++) times.observe([t], [round * t]);
  }
  return times;
}

test("times by loss are told the loss of each example, unweighted, and a restored training goes on exactly", async () => {
  const folder = mkdtempSync(join(tmpdir(), "loss-aware-"));
  try {
    const times = filled();
    const own = task(2, { times });
    const batch = own.batch(1);
    const weights = batch.weight.dataSync();
    assert.ok(new Set(weights).size > 1, "the density over-samples");
    const time = Array.from(batch.time.dataSync(), (value) => value + 1);
    const losses = time.map((_, i) => {
      const sliced = mapTree<tf.Tensor, tf.Tensor>(batch, (tensor) => tf.slice(tensor, i, 1)) as DiffusionBatch;
      const example = { ...sliced, weight: tf.tensor1d([1]) };
      const loss = lossOf(own, example);
      tf.dispose([sliced, example] as tf.TensorContainer);
      return loss;
    });
    const straight = new Trainer(own, { learningRate: 1e-2 });
    await straight.run(1);
    const memory = times.save();
    const last = new Map(time.map((t, i) => [t, losses[i]]));
    for (const [t, loss] of last) near(memory[1 + 2 * (t - 1) + 1], loss, 1e-5);

    const path = join(folder, "state");
    straight.save(path);
    await straight.run(5);
    const resumed = new Trainer(task(2, { times: lossAwareTimes(100, { length: 2 }) }), { learningRate: 1e-2 });
    resumed.restore(path);
    await resumed.run(5);
    assert.deepEqual(resumed.task.phases[0].trains.toFlat(), own.parameters.toFlat());
    assert.deepEqual(resumed.losses, straight.losses);
    const other = new Trainer(task(2, {}));
    assert.throws(
      () => other.restore(path),
      /remembers losses in 201 numbers, this task in 0: train with the same times/,
    );
    const coarser = new Trainer(task(2, { path: linearSchedule({ T: 50 }), times: lossAwareTimes(50, { length: 4 }) }));
    const before = coarser.task.phases[0].trains.toFlat();
    assert.throws(
      () => coarser.restore(path),
      /remembers 2 losses of each time, these times 4: train with the same times/,
    );
    assert.deepEqual(coarser.task.phases[0].trains.toFlat(), before);
    tf.dispose(batch as tf.TensorContainer);
    for (const trainer of [straight, resumed, other, coarser]) {
      trainer.dispose();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("what does not belong together is refused", () => {
  const refuses = (options: Partial<DiffusionTaskOptions>, message: RegExp): void => {
    assert.throws(() => task(4, options).batch(1), message);
  };
  refuses(
    { objective: simpleObjective(), prediction: "velocity" },
    /are the default objective's: give them to the objective/,
  );
  refuses(
    { objective: hybridObjective(linearSchedule()) },
    /the objective is of schedule ".*", the task's path is ".*": give both the same/,
  );
  refuses({ times: lossAwareTimes(50) }, /times by loss are for T = 50, the path ".*" has 100/);
  refuses({ noise: new Float32Array(3) }, /noise that belongs to the data needs its 64 numbers, got 3/);
});
