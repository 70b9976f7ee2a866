/** Normalising flows: training, exact resuming, the folder, drawing, likelihoods, and what is refused. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import {
  bitsPerDimension,
  Glow,
  loadModel,
  loadNormalisingFlow,
  moons,
  moonsDensity,
  Normaliser,
  NormalisingFlowModel,
  NormalisingFlowTask,
  RandomStream,
  RealNvp,
  saveNormalisingFlow,
  saveVae,
  ConvVae,
  Trainer,
} from "../../../src/index.js";
import { dequantised, greyLevels } from "../../../src/families/flow/dequantisation.js";
import * as tf from "../../../src/runtime/tf.js";
import { largestDifference } from "../nn/gradient-check.js";
import { examples, smallGlow, smallNvp } from "../networks/flow/helpers.js";
import { assertGraphEqualsEager } from "../training/graph-equals-eager.js";

const folder = mkdtempSync(join(tmpdir(), "flow-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

const bytes = (count: number): Uint8Array => Uint8Array.from(new RandomStream(6, "bytes").integers(count, 0, 256));
const images = (count: number): Float32Array => new Normaliser().encode(bytes(16 * count));
const points = (count: number): Float32Array => moons(count, new RandomStream(4, "moons"), { noise: 0.1 });

/** −log₂ P(v) a dimension: the density on [−1, 1] times the width 2/255 of a level. */
const bitsOf = (logLikelihood: number): number =>
  tf.tidy(() => bitsPerDimension(tf.tensor1d([logLikelihood]), 16).dataSync()[0]);

const imageTask = (): NormalisingFlowTask =>
  new NormalisingFlowTask({ network: smallGlow(), data: images(20), batchSize: 4, seed: 2 });
const pointTask = (): NormalisingFlowTask =>
  new NormalisingFlowTask({ network: smallNvp(), data: points(100), batchSize: 10, seed: 2 });

test("a trained RealNVP knows how likely points of two moons are, nearly as well as their density does", async () => {
  const network = new RealNvp({ num_couplings: 6, hidden: [32, 32] }, { seed: 1 });
  const task = new NormalisingFlowTask({ network, data: points(4000), batchSize: 128, seed: 1 });
  const trainer = new Trainer(task, { learningRate: 5e-3, averageDecay: 0.99 });
  await trainer.run(500);
  const heldOut = moons(1000, new RandomStream(9, "held out"), { noise: 0.1 });
  let exact = 0;
  for (let i = 0; i < 1000; i++) {
    exact += Math.log(moonsDensity(heldOut[2 * i], heldOut[2 * i + 1], { noise: 0.1 })) / 1000;
  }
  const model = new NormalisingFlowModel(network);
  const x = tf.tensor2d(heldOut, [1000, 2]);
  const found = (await model.logLikelihood(x)).reduce((sum, value) => sum + value / 1000, 0);
  // A Gaussian of the same moments, the best that an untrained flow could be, has −2.8.
  assert.ok(found > -1.9 && found < exact + 0.02, `${found} nats a point, the data's own density has ${exact}`);

  // What is drawn is as likely under the data's density as a density of that quality makes it.
  const drawn = await model.draw({ count: 500, seed: 3 });
  const own = await model.logLikelihood(drawn);
  const entropy = own.reduce((sum, value) => sum - value / 500, 0);
  assert.ok(Math.abs(entropy + found) < 0.5, `entropy ${entropy} of what is drawn, ${-found} of the data`);
  tf.dispose([x, drawn]);
  trainer.dispose();
  model.dispose();
});

test("drawn points have the density that the model tells: their histogram is its integral over the cells", async () => {
  const model = new NormalisingFlowModel(smallNvp());
  const count = 20_000;
  const drawn = await model.draw({ count, seed: 1, batchSize: 5000 });
  const values = drawn.dataSync() as Float32Array;
  const cells = 6;
  const [low, size, fine] = [-3, 1, 20];
  for (let cell = 0; cell < cells * cells; cell++) {
    const [left, bottom] = [low + size * (cell % cells), low + size * Math.floor(cell / cells)];
    const grid = Float32Array.from({ length: 2 * fine * fine }, (_, at) => {
      const k = Math.floor(at / 2);
      const along = at % 2 === 0 ? k % fine : Math.floor(k / fine);
      return (at % 2 === 0 ? left : bottom) + (size * (along + 0.5)) / fine;
    });
    const x = tf.tensor2d(grid, [fine * fine, 2]);
    const expected = (await model.logLikelihood(x)).reduce((sum, v) => sum + Math.exp(v) * (size / fine) ** 2, 0);
    x.dispose();
    let inside = 0;
    for (let i = 0; i < count; i++) {
      const [a, b] = [values[2 * i] - left, values[2 * i + 1] - bottom];
      if (a >= 0 && a < size && b >= 0 && b < size) inside++;
    }
    // Five deviations of a share, and the rule's own error.
    const allowed = 5 * Math.sqrt(Math.max(expected, 1e-4) / count) + 0.01 * expected;
    assert.ok(Math.abs(inside / count - expected) < allowed, `cell ${cell}: ${inside / count} for ${expected}`);
  }
  drawn.dispose();
  model.dispose();
});

test("the recorded step equals the step taken operation by operation", () => {
  assertGraphEqualsEager(imageTask);
  assertGraphEqualsEager(pointTask);
});

test("training lowers bits a dimension, leaves no tensor, and resumes to the same bits", async () => {
  const make = (): Trainer => new Trainer(imageTask(), { learningRate: 3e-3 });
  const straight = make();
  await straight.run(1);
  const before = tf.memory().numTensors;
  const bits: number[] = [];
  await straight.run(59, {
    onStep: ({ phases: { flow } }) => {
      const { logLikelihood, bitsPerDimension } = flow.metrics;
      assert.ok(Math.abs(bitsPerDimension - bitsOf(logLikelihood)) < 1e-4);
      bits.push(bitsPerDimension);
    },
  });
  assert.equal(tf.memory().numTensors, before);
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  assert.ok(mean(bits.slice(-10)) < mean(bits.slice(0, 10)) - 0.05);

  const path = join(folder, "state.safetensors");
  const stopped = make();
  await stopped.run(20);
  stopped.save(path);
  const resumed = make();
  resumed.restore(path);
  await resumed.run(40);
  assert.deepEqual(resumed.losses, straight.losses);
  assert.deepEqual(resumed.averageValues, straight.averageValues);
});

test("a network that was trained is not initialised again", () => {
  const network = smallGlow();
  const make = (seed: number): NormalisingFlowTask =>
    new NormalisingFlowTask({ network, data: images(20), batchSize: 4, seed });
  make(1);
  const before = network.parameters.toFlat();
  make(2);
  assert.deepEqual(network.parameters.toFlat(), before);
  network.dispose();
});

test("8-bit images of no structure cost at least 8 bits a dimension, and more draws tighten the bound", async () => {
  const network = smallGlow();
  const task = new NormalisingFlowTask({ network, data: images(200), batchSize: 32, seed: 3 });
  const trainer = new Trainer(task, { learningRate: 3e-3 });
  await trainer.run(100);
  const model = new NormalisingFlowModel(network);
  const x = tf.tensor4d(new Normaliser().encode(bytes(16 * 400).subarray(16 * 200)), [200, 4, 4, 1]);
  const bits = async (samples: number): Promise<number> => {
    const values = await model.logLikelihood(x, { samples });
    return values.reduce((sum, value) => sum + bitsOf(value) / 200, 0);
  };
  const [one, many] = [await bits(1), await bits(20)];
  // Uniform bytes have 8 bits of entropy: no model codes them in fewer, and noise of 3200 of them is 0.02.
  assert.ok(one > 7.95 && one < 9, `${one}`);
  assert.ok(many < one && many > 7.95, `${many} after ${one}`);
  x.dispose();
  trainer.dispose();
  model.dispose();
});

test("dequantisation spreads a level over its bin, and comes back as the level", () => {
  const levels = Uint8Array.from({ length: 256 }, (_, v) => v);
  const x = new Normaliser().encode(levels);
  assert.deepEqual(greyLevels("data", x, 1), levels);
  const noisy = dequantised(levels, new RandomStream(1, "u"));
  noisy.forEach((value, v) => assert.equal(Math.floor(value * 256), v));
});

test("what is saved opens to the same model, by loadModel too, and draws and judges the same", async () => {
  for (const network of [smallNvp(), smallGlow()]) {
    const place = join(folder, network.domain);
    new NormalisingFlowTask({ network, data: network.domain === "unit" ? images(20) : points(64), batchSize: 4 });
    saveNormalisingFlow(place, { network });
    const model = new NormalisingFlowModel(network);
    const opened = loadModel(place);
    assert.equal(opened.family, "flow");
    assert.deepEqual(opened.shape, network.shape);
    assert.ok((opened as NormalisingFlowModel).network.initialised);
    const [expected, found] = [await model.draw({ count: 5, seed: 7 }), await opened.draw({ count: 5, seed: 7 })];
    assert.deepEqual(found.dataSync(), expected.dataSync());
    assert.deepEqual(await opened.logLikelihood!(expected), await model.logLikelihood(expected));
    tf.dispose([expected, found]);
    model.dispose();
    opened.dispose();
  }
});

test("drawing and judging run as graphs, to the numbers without them", async () => {
  const model = new NormalisingFlowModel(smallNvp());
  const both = async (): Promise<[tf.Tensor, Float64Array]> => {
    const drawn = await model.draw({ count: 6, seed: 2 });
    return [drawn, await model.logLikelihood(drawn)];
  };
  const [graph, graphDensity] = await both();
  process.env["DIFFUSION_LAB_COMPILE"] = "0";
  const [eager, eagerDensity] = await both().finally(() => delete process.env["DIFFUSION_LAB_COMPILE"]);
  assert.ok(largestDifference(graph, eager) < 1e-5);
  graphDensity.forEach((value, i) => assert.ok(Math.abs(value - eagerDensity[i]) < 1e-4));
  tf.dispose([graph, eager]);
  model.dispose();
});

test("an example depends on the seed and its number alone; images lie on grey levels; temperature 0 draws one", async () => {
  for (const [model, edge] of [
    [new NormalisingFlowModel(smallNvp()), 1e-4],
    [new NormalisingFlowModel(smallGlow()), 2 / 255 + 1e-6],
  ] as const) {
    (await model.draw({ count: 6, seed: 1, batchSize: 4 })).dispose();
    const one = await model.draw({ count: 6, seed: 1 });
    const before = tf.memory().numTensors;
    const batched = await model.draw({ count: 6, seed: 1, batchSize: 4 });
    assert.equal(tf.memory().numTensors, before + 1);
    assert.ok(largestDifference(one, batched) < edge);
    const other = await model.draw({ count: 6, seed: 2 });
    assert.notDeepEqual(other.dataSync(), one.dataSync());
    if (model.shape.length === 3) greyLevels("drawn", one.dataSync() as Float32Array, 16);
    const cold = await model.draw({ count: 2, temperature: 0 });
    const [a, b] = tf.split(cold, 2);
    assert.ok(largestDifference(a, b) < 1e-6);
    const x = examples(model.network, 3);
    const judged = tf.memory().numTensors;
    if (model.network.domain === "real") await model.logLikelihood(x, { batchSize: 2 });
    else await model.logLikelihood(one, { batchSize: 4, samples: 2 });
    assert.equal(tf.memory().numTensors, judged);
    tf.dispose([one, batched, other, cold, a, b, x]);
    model.dispose();
  }
});

test("drawing and judging end between two batches when asked to, by a signal or by Ctrl-C, and leave no tensor", async () => {
  const model = new NormalisingFlowModel(smallNvp());
  const x = examples(model.network, 4);
  (await model.draw({ count: 1 })).dispose();
  await model.logLikelihood(x, { batchSize: 1 });
  const before = tf.memory().numTensors;
  const stop = new AbortController();
  const request = { count: 4, batchSize: 1, onProgress: () => stop.abort(new Error("enough")) };
  await assert.rejects(model.draw({ ...request, signal: stop.signal }), /enough/);
  await assert.rejects(model.logLikelihood(x, { signal: stop.signal }), /enough/);
  const interrupt = (): void => void process.emit("SIGINT");
  await assert.rejects(model.draw({ count: 4, batchSize: 1, onProgress: interrupt }), /was interrupted/);
  assert.equal(tf.memory().numTensors, before);
  assert.equal(process.listenerCount("SIGINT"), 0);
  x.dispose();
  model.dispose();
});

test("bad input is refused by name before any work", async () => {
  const network = smallGlow();
  const task = (options: object): NormalisingFlowTask =>
    new NormalisingFlowTask({ network, data: images(4), batchSize: 2, ...options });
  const changed = (value: number): Float32Array => images(4).map((v, i) => (i === 20 ? value : v));
  assert.throws(
    () => task({ data: new Float32Array(31) }),
    /31 numbers are no whole count of examples of shape \[4,4,1\]/,
  );
  assert.throws(() => task({ data: changed(NaN) }), /example 1 of the data holds NaN/);
  assert.throws(
    () => task({ data: changed(0.5) }),
    /example 1 of the data holds 0.5, which is none of the 256 grey levels/,
  );
  assert.throws(() => task({ data: changed(3) }), /holds 3, which is none of the 256 grey levels.*Normaliser/);
  assert.throws(
    () => task({ batchSize: 5 }),
    /the data holds 4 examples, fewer than a batch of 5: give a smaller batchSize/,
  );
  assert.throws(() => task({ batchSize: 0 }), /batchSize must be a whole number ≥ 1, got 0/);
  assert.throws(() => task({ bathSize: 1 }), /bathSize.*batchSize/);
  assert.equal(network.initialised, false, "what is refused changes nothing");
  const model = new NormalisingFlowModel(network);
  await assert.rejects(model.draw({ count: 0 }), /count must be a whole number ≥ 1, got 0/);
  await assert.rejects(model.draw({ count: 1, temperature: -1 }), /temperature must be a finite number ≥ 0, got -1/);
  await assert.rejects(model.draw({ count: 1, condition: { label: 3 } }), /knows no conditions: leave label out/);
  await assert.rejects(model.draw({ count: 1, temprature: 1 } as never), /temprature.*temperature/);
  const x = tf.zeros([1, 4, 4, 1]);
  await assert.rejects(model.logLikelihood(x), /holds 0, which is none of the 256 grey levels/);
  await assert.rejects(model.logLikelihood(x, { samples: 0 }), /samples must be a whole number ≥ 1, got 0/);
  await assert.rejects(model.logLikelihood(tf.zeros([1, 4, 4])), /takes examples \[N, 4, 4, 1\], got shape \[1,4,4\]/);
  model.dispose();
});

test("a damaged folder, or one of another family, is refused", () => {
  const place = join(folder, "damaged");
  const network = smallNvp();
  saveNormalisingFlow(place, { network });
  network.dispose();
  const index = join(place, "model_index.json");
  const text = readFileSync(index, "utf8");
  writeFileSync(index, text.replace('"NormalisingFlowModel"', '"NormalisingFlow"'));
  assert.throws(() => loadModel(place), /NormalisingFlow.*did you mean NormalisingFlowModel/s);
  assert.throws(() => loadNormalisingFlow(place), /is of class "NormalisingFlow", a flow's is "NormalisingFlowModel"/);
  writeFileSync(index, text);
  const config = join(place, "flow", "config.json");
  writeFileSync(config, readFileSync(config, "utf8").replace('"num_couplings": 3', '"num_couplings": 4'));
  assert.throws(() => loadNormalisingFlow(place), RangeError);

  const vae = new ConvVae({ height: 4, width: 4, block_out_channels: [4], hidden_channels: 4, norm_num_groups: 2 });
  const other = join(folder, "vae");
  saveVae(other, { network: vae });
  vae.dispose();
  assert.throws(() => loadNormalisingFlow(other), /is of class "VaeModel", a flow's is "NormalisingFlowModel"/);
  writeFileSync(
    join(other, "model_index.json"),
    '{"_class_name":"NormalisingFlowModel","vae":["diffusion_lab","ConvVae"]}',
  );
  assert.throws(() => loadNormalisingFlow(other), /names no part flow; its parts: vae/);
});

test("a Glow of float16 weights draws what one of float32 does, but for rounding", async () => {
  const network = new Glow({ height: 4, width: 4, num_steps: 2, hidden_channels: 5 }, { seed: 3 });
  new NormalisingFlowTask({ network, data: images(20), batchSize: 4 });
  const place = join(folder, "half");
  saveNormalisingFlow(place, { network }, { format: "F16" });
  const [model, opened] = [new NormalisingFlowModel(network), loadNormalisingFlow(place)];
  const x = tf.tensor4d(images(8), [8, 4, 4, 1]);
  const [full, half] = [await model.logLikelihood(x), await opened.logLikelihood(x)];
  full.forEach((value, i) => assert.ok(Math.abs(value - half[i]) < 0.5, `${half[i]} for ${value}`));
  x.dispose();
  model.dispose();
  opened.dispose();
});
