/** A training batch of a diffusion model is a pure function of its step, as DDPM's algorithm 1 says. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { mapTree } from "../../../src/base/tree.js";
import * as tf from "../../../src/runtime/tf.js";
import { flowPath, linearSchedule, stratifiedTimes } from "../../../src/diffusion/index.js";
import { Parameters } from "../../../src/nn/index.js";
import { flow, sample } from "../../../src/samplers/index.js";
import {
  DiffusionTask,
  labelColumn,
  networkDenoiser,
  type DiffusionBatch,
  type NetworkClock,
  type NetworkDenoiserOptions,
  type TimeNetwork,
} from "../../../src/families/index.js";
import { toyTask } from "../training/toy.js";

/** A "network" that multiplies its input by one trained number and remembers the times it saw. */
function scalarNetwork(value: number): TimeNetwork & { times: number[] } {
  const parameters = new Parameters();
  const factor = parameters.create("factor", "plain", [], { kind: "constant", value });
  const times: number[] = [];
  return {
    parameters,
    times,
    apply: (x, timestep) => {
      times.push(...(timestep.dataSync() as Float32Array));
      return tf.mul(factor, x);
    },
  };
}

const schedule = linearSchedule({ T: 50 });
const data = Float32Array.from({ length: 40 }, (_, i) => Math.sin(i));

test("a batch is algorithm 1's: x_t from the closed form, the loss its mean squared error against ε", () => {
  const network = scalarNetwork(0.5);
  const task = new DiffusionTask({ network, path: schedule, data, shape: [2], batchSize: 5 });
  const batch = task.batch(1);
  const loss = task.loss(batch);
  const [x0, noise, time] = [batch.x0, batch.noise, batch.time].map((tensor) => tensor.dataSync());
  let expected = 0;
  for (let i = 0; i < 5; i++) {
    const alphaBar = schedule.alphaBar[time[i] + 1];
    for (let j = 2 * i; j < 2 * i + 2; j++) {
      const xt = Math.sqrt(alphaBar) * x0[j] + Math.sqrt(1 - alphaBar) * noise[j];
      expected += (noise[j] - 0.5 * xt) ** 2 / 10;
    }
  }
  assert.ok(Math.abs(loss.dataSync()[0] - expected) < 1e-6);
  tf.dispose([loss, batch] as tf.TensorContainer);
  network.parameters.dispose();
});

test("over many batches every time 1 … T is trained, T included, and the network sees it as 0 … T − 1", () => {
  const network = scalarNetwork(1);
  const task = new DiffusionTask({ network, path: schedule, data, shape: [2], batchSize: 100 });
  for (let step = 1; step <= 10; step++) {
    const batch = task.batch(step);
    tf.dispose([task.loss(batch), batch] as tf.TensorContainer);
  }
  assert.equal(Math.min(...network.times), 0);
  assert.equal(Math.max(...network.times), 49);
  assert.equal(new Set(network.times).size, 50);
  network.parameters.dispose();
});

test("a batch depends on nothing but its step", () => {
  const network = scalarNetwork(1);
  const make = (): DiffusionTask =>
    new DiffusionTask({ network, path: schedule, data, shape: [2], batchSize: 4, seed: 9 });
  const first = make().batch(3);
  const other = make();
  tf.dispose(other.batch(2) as tf.TensorContainer);
  const second = other.batch(3);
  const values = (batch: DiffusionBatch): unknown => mapTree<tf.Tensor, unknown>(batch, (tensor) => tensor.dataSync());
  assert.deepEqual(values(first), values(second));
  tf.dispose([first, second] as tf.TensorContainer);
  network.parameters.dispose();
});

test("times follow the density that is given, and the loss its weights and the weighting", () => {
  const network = scalarNetwork(0.5);
  const only = { times: Float32Array.of(3, 20), weights: Float32Array.of(2, 0.5) };
  const task = new DiffusionTask({
    network,
    path: schedule,
    data,
    shape: [2],
    batchSize: 2,
    times: () => only,
    weighting: "uniform",
  });
  const batch = task.batch(1);
  const loss = task.loss(batch);
  const [x0, noise] = [batch.x0.dataSync(), batch.noise.dataSync()];
  let expected = 0;
  for (let i = 0; i < 4; i++) {
    const alphaBar = schedule.alphaBar[only.times[i >> 1]];
    const xt = Math.sqrt(alphaBar) * x0[i] + Math.sqrt(1 - alphaBar) * noise[i];
    // ‖x_0 − x̂_0‖² = (1 − ᾱ)/ᾱ·‖ε − ε̂‖²
    expected += (only.weights[i >> 1] * ((1 - alphaBar) / alphaBar) * (noise[i] - 0.5 * xt) ** 2) / 4;
  }
  assert.ok(Math.abs(loss.dataSync()[0] - expected) < 1e-6 * expected);
  tf.dispose([loss, batch] as tf.TensorContainer);
  network.parameters.dispose();
});

test("stratified times put one example into each part of the time axis", () => {
  const network = scalarNetwork(1);
  const task = new DiffusionTask({
    network,
    path: schedule,
    data,
    shape: [2],
    batchSize: 10,
    times: stratifiedTimes(schedule),
  });
  const batch = task.batch(1);
  const parts = [...batch.time.dataSync()].map((time) => Math.floor(time / 5)).sort((a, b) => a - b);
  assert.deepEqual(parts, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  tf.dispose(batch as tf.TensorContainer);
  network.parameters.dispose();
});

test("a network as a denoiser is fed t − 1", () => {
  const network = scalarNetwork(2);
  const xt = tf.ones([2, 2]);
  const t = tf.tensor1d([1, 50]);
  const timeTeller: TimeNetwork = {
    parameters: network.parameters,
    apply: (x, timestep) => tf.mul(x, tf.reshape(timestep, [-1, 1])),
  };
  const denoiser = networkDenoiser(timeTeller, schedule);
  const output = denoiser.predict(xt, t);
  assert.deepEqual([...output.dataSync()], [0, 0, 49, 49]);
  denoiser.dispose();
  tf.dispose([xt, t, output]);
  network.parameters.dispose();
});

test("on a path with T = 1 a network is told 1000·t, or what its own clock says", async () => {
  const network: TimeNetwork = {
    parameters: new Parameters(),
    apply: (x, timestep) => tf.mul(x, tf.reshape(tf.div(timestep, 1000), [-1, 1])),
  };
  const path = flowPath();
  const xT = tf.ones([2, 2]);
  const ends = async (options: NetworkDenoiserOptions): Promise<number[]> => {
    const denoiser = networkDenoiser(network, path, { predicts: "flow", ...options });
    const end = await sample(flow(denoiser, path, xT, { steps: 2 }));
    denoiser.dispose();
    return [...end.dataSync()];
  };
  // dx/dt = v = t·x by Euler from t = 1: x·(1 − ½·1)·(1 − ½·½)
  for (const value of await ends({})) assert.ok(Math.abs(value - 0.375) < 1e-6, `${value}`);
  const clock: NetworkClock = (t) => tf.mul(t, 500) as tf.Tensor1D;
  // v = t·x/2: x·(1 − ½·½)·(1 − ½·¼)
  for (const value of await ends({ clock })) assert.ok(Math.abs(value - 0.65625) < 1e-6, `${value}`);
});

test("data that does not divide, is not finite, or has too few labels is refused", () => {
  const network = scalarNetwork(1);
  const make = (options: object): DiffusionTask =>
    new DiffusionTask({ network, path: schedule, data, shape: [2], ...options });
  assert.throws(() => make({ shape: [3] }), /40 numbers are no whole count of examples of shape \[3\]/);
  assert.throws(() => make({ data: Float32Array.of(1, 2, 3, NaN) }), /example 1 of the data holds NaN/);
  assert.throws(
    () => make({ conditions: { label: labelColumn(new Uint8Array(3)) } }),
    /condition "label" has 3 numbers for 20 examples/,
  );
  assert.throws(() => make({ batchSize: 0 }), /batchSize must be a positive whole number, got 0/);
  network.parameters.dispose();
});

test("options that nobody knows are refused, the former name of the path with the new one", () => {
  const network = scalarNetwork(1);
  const make = (options: object): DiffusionTask =>
    new DiffusionTask({ network, path: schedule, data, shape: [2], ...options });
  assert.throws(() => make({ schedule }), /unknown option "schedule" of DiffusionTask: it is called path/);
  assert.throws(
    () => make({ batchsize: 8 }),
    /unknown option "batchsize" of DiffusionTask: did you mean "batchSize"\?/,
  );
  network.parameters.dispose();
});

test("data with more channels than the network has is refused at the first batch, naming both", () => {
  const { network } = toyTask();
  const task = new DiffusionTask({ network, path: schedule, data: new Float32Array(2 * 192), shape: [8, 8, 3] });
  const before = tf.memory().numTensors;
  assert.throws(() => task.batch(1), /takes images \[N, H, W, 1\], got shape \[1,8,8,3\]/);
  assert.equal(tf.memory().numTensors, before);
  network.dispose();
});
