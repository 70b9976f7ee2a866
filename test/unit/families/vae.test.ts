/** The VAE: its bound against exact values, its training, its folder, and what it refuses. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import {
  boundTerms,
  ConvVae,
  latentKl,
  loadModel,
  loadVae,
  logLikelihoodGivenLatent,
  RandomStream,
  saveVae,
  Trainer,
  VaeModel,
  VaeTask,
} from "../../../src/index.js";
import * as tf from "../../../src/runtime/tf.js";
import { checkGradients, normal } from "../nn/gradient-check.js";
import { withoutGraphs } from "../training/graph-equals-eager.js";

const folder = mkdtempSync(join(tmpdir(), "vae-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

const small = {
  height: 6,
  width: 5,
  block_out_channels: [4, 8],
  hidden_channels: 6,
  latent_channels: 3,
  norm_num_groups: 2,
};
const D = 30;
const makeVae = (likelihood: "bernoulli" | "gaussian" = "bernoulli", seed = 1): ConvVae =>
  new ConvVae({ ...small, likelihood }, { seed });
const images = (count: number, seed = 3): Float32Array =>
  new RandomStream(seed, "images").uniforms(count * D).map((u) => 2 * u - 1);
const imageTensor = (count: number): tf.Tensor4D => tf.tensor4d(images(count), [count, 6, 5, 1]);

/** Sets every number of the parameters whose name begins with `prefix`. */
function fill(vae: ConvVae, prefix: string, value: number): void {
  for (const { name, variable } of vae.parameters) {
    if (name.startsWith(prefix)) tf.tidy(() => variable.assign(tf.fill(variable.shape, value)));
  }
}

test("KL(N(μ, σ²) ‖ N(0, 1)) equals its closed form", () => {
  const number = fc.double({ min: -3, max: 3, noNaN: true });
  fc.assert(
    fc.property(fc.array(fc.tuple(number, number), { minLength: 1, maxLength: 5 }), (pairs) => {
      const mean = tf.tensor2d([pairs.map(([m]) => m)]);
      const logVariance = tf.tensor2d([pairs.map(([, v]) => v)]);
      const expected = pairs.reduce((sum, [m, v]) => sum + (m * m + Math.exp(v) - 1 - v) / 2, 0);
      const kl = latentKl({ mean, logVariance });
      const [found] = kl.dataSync();
      tf.dispose([mean, logVariance, kl]);
      assert.ok(Math.abs(found - expected) <= 1e-5 * (1 + expected), `${found} for ${expected}`);
    }),
    { numRuns: 50 },
  );
});

test("ln p(x|z) of logits 0 is −D·ln 2, of a Gaussian at its mean −D/2·ln 2πσ²", () => {
  const x = imageTensor(2);
  const bernoulli = makeVae();
  const gaussian = makeVae("gaussian");
  tf.tidy(() => {
    const atZero = logLikelihoodGivenLatent(bernoulli, x, tf.zerosLike(x)).dataSync();
    for (const value of atZero) assert.ok(Math.abs(value + D * Math.LN2) < 1e-4);
    const one = tf.slice(x, 0, 1);
    const output = tf.randomNormal(x.shape, 0, 1, "float32", 4);
    const repeated = logLikelihoodGivenLatent(bernoulli, tf.concat([one, one]), output).dataSync();
    assert.deepEqual(logLikelihoodGivenLatent(bernoulli, one, output).dataSync(), repeated);
    assert.throws(() => logLikelihoodGivenLatent(bernoulli, x, tf.slice(output, 0, 1)), /x has shape .* does not fit/);
    gaussian.parameters.get("decoder.log_deviation").variable.assign(tf.tensor1d([Math.log(0.5)]));
    const atMean = logLikelihoodGivenLatent(gaussian, x, x).dataSync();
    for (const value of atMean) assert.ok(Math.abs(value + (D / 2) * Math.log(2 * Math.PI * 0.25)) < 1e-4);
  });
  x.dispose();
  bernoulli.dispose();
  gaussian.dispose();
});

test("where the decoder ignores z, ELBO + KL and L_∞ are the evidence, and L_k lies between", async () => {
  for (const likelihood of ["bernoulli", "gaussian"] as const) {
    const vae = makeVae(likelihood);
    // The decoder's first layer sees nothing of z, so ln p(x|z) = ln p(x) for every z.
    fill(vae, "decoder.hidden.weight", 0);
    const x = imageTensor(1);
    const noise = normal([1, 3], 5) as tf.Tensor2D;
    const { reconstruction, kl } = boundTerms(vae, x, noise);
    const evidence = reconstruction.dataSync()[0];
    const gap = kl.dataSync()[0];
    assert.ok(gap > 1e-3, "q differs from the prior");
    const model = new VaeModel(vae);
    const [one] = await model.logLikelihood(x, { samples: 1, seed: 0 });
    const [many] = await model.logLikelihood(x, { samples: 4000, seed: 0 });
    assert.notEqual(one, many);
    assert.ok(Math.abs(many - evidence) < 0.05 * Math.max(1, gap), `${many} for ${evidence}, KL ${gap}`);
    tf.dispose([x, noise, reconstruction, kl]);
    model.dispose();
  }
});

test("where q is the prior and the decoder ignores z, every L_k is the evidence", async () => {
  const vae = makeVae();
  fill(vae, "decoder.hidden.weight", 0);
  fill(vae, "encoder.out", 0);
  const x = imageTensor(2);
  const noise = normal([2, 3], 5) as tf.Tensor2D;
  const { reconstruction, kl } = boundTerms(vae, x, noise);
  assert.deepEqual([...kl.dataSync()], [0, 0]);
  const model = new VaeModel(vae);
  for (const samples of [1, 7]) {
    const bounds = await model.logLikelihood(x, { samples });
    reconstruction.dataSync().forEach((value, i) => assert.ok(Math.abs(bounds[i] - value) < 1e-4));
  }
  tf.dispose([x, noise, reconstruction, kl]);
  model.dispose();
});

test("gradients of −ELBO by data, noise and every parameter equal differences", () => {
  for (const likelihood of ["bernoulli", "gaussian"] as const) {
    const vae = makeVae(likelihood);
    checkGradients(
      ([x, noise]) =>
        tf.tidy(() => {
          const { reconstruction, kl } = boundTerms(vae, x as tf.Tensor4D, noise as tf.Tensor2D);
          return tf.sub(kl, reconstruction);
        }),
      [imageTensor(2), normal([2, 3], 8)],
      vae.parameters,
      { step: 0.02, tolerance: 2e-2 },
    );
    vae.dispose();
  }
});

test("training raises the bound, reports its terms, leaves no tensor, and resumes to the same bits", async () => {
  const make = (): Trainer => {
    const network = makeVae();
    return new Trainer(new VaeTask({ network, data: images(40), batchSize: 8, seed: 2 }), { learningRate: 3e-3 });
  };
  const straight = make();
  await straight.run(1);
  const before = tf.memory().numTensors;
  const elbos: number[] = [];
  await straight.run(59, {
    onStep: ({ phases: { vae } }) => {
      assert.ok(Math.abs(vae.metrics["elbo"] - vae.metrics["reconstruction"] + vae.metrics["kl"]) < 1e-3);
      elbos.push(vae.metrics["elbo"]);
    },
  });
  assert.equal(tf.memory().numTensors, before);
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  assert.ok(mean(elbos.slice(-10)) > mean(elbos.slice(0, 10)) + 0.1);

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

test("the recorded step equals the step taken operation by operation", async () => {
  const losses = async (): Promise<number[]> => {
    const trainer = new Trainer(new VaeTask({ network: makeVae("gaussian"), data: images(16), batchSize: 4 }));
    await trainer.run(5);
    return trainer.losses;
  };
  const compiled = await losses();
  const eager = await withoutGraphs(losses);
  compiled.forEach((loss, i) => assert.ok(Math.abs(loss - eager[i]) < 1e-5 * Math.abs(eager[i])));
});

test("what is saved opens to the same model, by loadModel too, and draws the same images", async () => {
  const place = join(folder, "model");
  const network = makeVae("gaussian", 4);
  saveVae(place, { network });
  const model = new VaeModel(network);
  const opened = loadModel(place);
  assert.equal(opened.family, "vae");
  assert.deepEqual(opened.shape, [6, 5, 1]);
  const request = { count: 5, seed: 7 };
  const [expected, found] = [await model.draw(request), await opened.draw(request)];
  assert.deepEqual(found.dataSync(), expected.dataSync());
  assert.deepEqual(expected.shape, [5, 6, 5, 1]);
  tf.dispose([expected, found]);
  model.dispose();
  opened.dispose();
});

test("an image depends on the seed and its number alone, and lies in [−1, 1]", async () => {
  const model = new VaeModel(makeVae("gaussian"));
  for (const decoding of ["mean", "sample"] as const) {
    const one = await model.draw({ count: 6, seed: 1, decoding });
    const batched = await model.draw({ count: 6, seed: 1, batchSize: 4, decoding });
    const other = await model.draw({ count: 6, seed: 2, decoding });
    const difference = tf.tidy(() => tf.max(tf.abs(tf.sub(one, batched))).dataSync()[0]);
    assert.ok(difference < 1e-6, `${decoding}: ${difference}`);
    assert.notDeepEqual(other.dataSync(), one.dataSync());
    assert.ok(one.dataSync().every((value) => value >= -1 && value <= 1));
    tf.dispose([one, batched, other]);
  }
  const before = tf.memory().numTensors;
  (await model.draw({ count: 3 })).dispose();
  assert.equal(tf.memory().numTensors, before);
  model.dispose();
});

test("drawing ends between two batches when it is asked to, by a signal or by Ctrl-C, and leaves no tensor", async () => {
  const model = new VaeModel(makeVae());
  const before = tf.memory().numTensors;
  const stop = new AbortController();
  const request = { count: 4, batchSize: 1, onProgress: () => stop.abort(new Error("enough")) };
  await assert.rejects(model.draw({ ...request, signal: stop.signal }), /enough/);
  const interrupt = (): void => void process.emit("SIGINT");
  await assert.rejects(model.draw({ count: 4, batchSize: 1, onProgress: interrupt }), /was interrupted/);
  assert.equal(tf.memory().numTensors, before);
  assert.equal(process.listenerCount("SIGINT"), 0);
  model.dispose();
});

test("a sample of a Bernoulli decoder is black and white, as often white as its mean says", async () => {
  const vae = makeVae();
  fill(vae, "decoder.hidden.weight", 0);
  const model = new VaeModel(vae);
  const count = 400;
  const [mean, samples] = [await model.draw({ count: 1 }), await model.draw({ count, decoding: "sample" })];
  const values = samples.dataSync();
  assert.ok(values.every((value) => value === -1 || value === 1));
  mean.dataSync().forEach((grey, pixel) => {
    let white = 0;
    for (let i = 0; i < count; i++) if (values[i * D + pixel] === 1) white++;
    // Five deviations of a share of 400 draws.
    assert.ok(Math.abs(white / count - (grey + 1) / 2) < 5 * Math.sqrt(0.25 / count));
  });
  tf.dispose([mean, samples]);
  model.dispose();
});

test("bad input is refused by name before any work", async () => {
  const network = makeVae();
  const task = (options: object): VaeTask => new VaeTask({ network, data: images(4), ...options });
  assert.throws(
    () => task({ data: new Float32Array(31) }),
    /31 numbers are no whole count of examples of shape \[6,5,1\]/,
  );
  assert.throws(
    () => task({ data: images(4).map((v, i) => (i === 40 ? 2 : v)) }),
    /example 1 of the data holds 2: images lie/,
  );
  assert.throws(() => task({ data: images(4).fill(NaN) }), /example 0 of the data holds NaN/);
  assert.throws(() => task({ beta: -1 }), /beta must be a finite number ≥ 0, got -1/);
  assert.throws(() => task({ batchSize: 0 }), /batchSize must be a whole number ≥ 1, got 0/);
  assert.throws(() => task({ betta: 1 }), /betta.*beta/);
  for (const [key, value] of Object.entries({ latent_channels: 0, act_fn: "tanh", likelihood: "poisson" })) {
    assert.throws(() => new ConvVae({ ...small, [key]: value } as object), new RegExp(`^RangeError: ${key}`));
  }
  assert.throws(() => new ConvVae({ ...small, block_out_channels: [4, 4, 4, 4] }), /cannot be halved 4 times/);
  const model = new VaeModel(network);
  await assert.rejects(model.draw({ count: 0 }), /count must be a whole number ≥ 1, got 0/);
  await assert.rejects(model.draw({ count: 1, temperature: NaN }), /temperature must be a finite number ≥ 0, got NaN/);
  await assert.rejects(
    model.draw({ count: 1, decoding: "median" as "mean" }),
    /decoding must be one of mean, sample, got median/,
  );
  await assert.rejects(model.draw({ count: 1, condition: { label: 3 } }), /knows no conditions: leave label out/);
  await assert.rejects(model.draw({ count: 1, sampler: "ddim" } as never), /sampler/);
  model.dispose();
});

test("a damaged folder, or one of another class, is refused", () => {
  const place = join(folder, "damaged");
  const network = makeVae();
  saveVae(place, { network });
  network.dispose();
  const index = join(place, "model_index.json");
  const text = readFileSync(index, "utf8");
  writeFileSync(index, text.replace('"VaeModel"', '"VaeModell"'));
  assert.throws(() => loadModel(place), /VaeModell.*VaeModel/s);
  assert.throws(() => loadVae(place), /is of class "VaeModell", a VAE's is "VaeModel"/);
  writeFileSync(index, text);
  const config = join(place, "vae", "config.json");
  writeFileSync(config, readFileSync(config, "utf8").replace('"latent_channels": 3', '"latent_channels": 4'));
  assert.throws(() => loadVae(place), RangeError);
});
