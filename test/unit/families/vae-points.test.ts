/** The VAE on points: a linear one on Gaussian data is its own oracle, for its evidence has a closed form. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import {
  boundTerms,
  importanceBound,
  loadModel,
  MlpVae,
  moons,
  moonsDensity,
  RandomStream,
  saveVae,
  Trainer,
  VaeModel,
  VaeTask,
  type LikelihoodName,
} from "../../../src/index.js";
import * as tf from "../../../src/runtime/tf.js";
import { checkGradients, largestDifference, normal } from "../nn/gradient-check.js";
import { assertGraphEqualsEager } from "../training/graph-equals-eager.js";

const folder = mkdtempSync(join(tmpdir(), "vae-points-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

const small = (likelihood: LikelihoodName = "gaussian"): MlpVae =>
  new MlpVae({ dimensions: 3, hidden: [6, 5], latent_channels: 2, likelihood }, { seed: 1 });
const points = (count: number): Float32Array => moons(count, new RandomStream(4, "moons"), { noise: 0.1 });
const mean = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

/** x = a·z₁·e₁ + b·z₂·e₂ + m + σ·ε in three dimensions: x ~ N(m, diag(a² + σ², b² + σ², σ²)). */
const LINEAR = { a: 1.5, b: 0.7, m: [0.3, -1, 0.5], sigma: 0.4 };

/** The decoder of {@link LINEAR}, with its exact posterior as the encoder. */
function linearVae(): MlpVae {
  const vae = new MlpVae({ dimensions: 3, hidden: [], latent_channels: 2 });
  const { a, b, m, sigma } = LINEAR;
  // q(z_j|x) = N(w(x_j − m_j)/(w² + σ²), σ²/(w² + σ²)) for each w, as the columns of W are orthogonal.
  const gains = [a, b].map((w) => w / (w * w + sigma * sigma));
  const logVariances = [a, b].map((w) => Math.log((sigma * sigma) / (w * w + sigma * sigma)));
  const set = (name: string, values: tf.Tensor): void => {
    vae.parameters.get(name).variable.assign(values);
    values.dispose();
  };
  set(
    "encoder.layers.0.weight",
    tf.tensor2d([
      [gains[0], 0, 0, 0],
      [0, gains[1], 0, 0],
      [0, 0, 0, 0],
    ]),
  );
  set("encoder.layers.0.bias", tf.tensor1d([-gains[0] * m[0], -gains[1] * m[1], ...logVariances]));
  set(
    "decoder.layers.0.weight",
    tf.tensor2d([
      [a, 0, 0],
      [0, b, 0],
    ]),
  );
  set("decoder.layers.0.bias", tf.tensor1d(m));
  set("decoder.log_deviation", tf.tensor1d([Math.log(sigma)]));
  return vae;
}

/** ln p(x) of {@link LINEAR}. */
function evidence(x: ArrayLike<number>): number {
  const { a, b, m, sigma } = LINEAR;
  return [a, b, 0].reduce((sum, w, k) => {
    const variance = w * w + sigma * sigma;
    return sum - 0.5 * ((x[k] - m[k]) ** 2 / variance + Math.log(2 * Math.PI * variance));
  }, 0);
}

test("the ELBO of a linear VAE with its exact posterior is the evidence, by both its terms", () => {
  const vae = linearVae();
  const x = normal([5, 3], 2);
  const values = x.dataSync();
  // Reconstruction is quadratic in ε: over ±√2·e_j, mean 0 and covariance 1, its mean is the expectation.
  const signs = [
    [Math.SQRT2, 0],
    [-Math.SQRT2, 0],
    [0, Math.SQRT2],
    [0, -Math.SQRT2],
  ];
  const elbos = signs.map(([e1, e2]) =>
    tf.tidy(() => {
      const noise = tf.tile(tf.tensor2d([[e1, e2]]), [5, 1]);
      const { reconstruction, kl } = boundTerms(vae, x, noise);
      return tf.sub(reconstruction, kl).dataSync() as Float32Array;
    }),
  );
  for (let i = 0; i < 5; i++) {
    const expected = evidence(values.slice(3 * i, 3 * i + 3));
    const found = mean(elbos.map((elbo) => elbo[i]));
    assert.ok(Math.abs(found - expected) < 1e-4, `${found} for ${expected}`);
  }
  x.dispose();
  vae.dispose();
});

test("with its exact posterior every importance weight is the evidence: L_k is ln p(x) for any k", async () => {
  const vae = linearVae();
  const x = normal([4, 3], 2);
  const values = x.dataSync();
  for (const samples of [1, 3, 50]) {
    const bounds = await importanceBound(vae, x, { samples, seed: samples });
    bounds.forEach((bound, i) => {
      const expected = evidence(values.slice(3 * i, 3 * i + 3));
      assert.ok(Math.abs(bound - expected) < 1e-4, `k = ${samples}: ${bound} for ${expected}`);
    });
  }
  x.dispose();
  vae.dispose();
});

test("with another posterior the ELBO is less by KL(q ‖ p(z|x)), and L_k closes the gap", async () => {
  const vae = linearVae();
  const shift = 0.8;
  tf.tidy(() => {
    const { variable } = vae.parameters.get("encoder.layers.0.bias");
    variable.assign(tf.add(variable, tf.tensor1d([shift, 0, 0, 0])));
  });
  const { a, sigma } = LINEAR;
  // Both have the same variance: KL = shift²/(2·variance).
  const gap = (shift * shift) / (2 * ((sigma * sigma) / (a * a + sigma * sigma)));
  const count = 200;
  const one = normal([1, 3], 2);
  const x = tf.tidy(() => tf.tile(one, [count, 1]));
  const expected = evidence(one.dataSync());
  const averages = [];
  for (const samples of [1, 10, 200]) averages.push(mean(await importanceBound(vae, x, { samples })));
  const [elbo, ten, many] = averages;
  // ln w has a deviation of √(2·gap) a draw; five deviations of the mean of 200.
  assert.ok(Math.abs(elbo - (expected - gap)) < 5 * Math.sqrt((2 * gap) / count), `${elbo}, not ${expected - gap}`);
  assert.ok(elbo < ten && ten < many && many < expected + 0.1, `${averages} below ${expected}`);
  assert.ok(expected - many < 0.3 * gap);
  tf.dispose([x, one]);
  vae.dispose();
});

test("a trained linear VAE finds the evidence of Gaussian data", async () => {
  const stream = new RandomStream(3, "linear");
  const { a, b, m, sigma } = LINEAR;
  const draw = (count: number): Float32Array =>
    Float32Array.from({ length: 3 * count }, (_, at) => {
      const k = at % 3;
      return m[k] + [a, b, 0][k] * stream.normal() + sigma * stream.normal();
    });
  const network = new MlpVae({ dimensions: 3, hidden: [], latent_channels: 2 }, { seed: 2 });
  const trainer = new Trainer(new VaeTask({ network, data: draw(5000), batchSize: 128 }), { learningRate: 1e-2 });
  await trainer.run(600);
  const heldOut = draw(500);
  const x = tf.tensor2d(heldOut, [500, 3]);
  const model = new VaeModel(network);
  const found = mean(await model.logLikelihood(x, { samples: 32 }));
  const expected = mean(Array.from({ length: 500 }, (_, i) => evidence(heldOut.subarray(3 * i, 3 * i + 3))));
  assert.ok(Math.abs(found - expected) < 0.05, `${found} for ${expected}`);
  x.dispose();
  trainer.dispose();
  model.dispose();
});

test("on two moons it comes nearer to the data's density than any Gaussian, and never above it", async () => {
  const network = new MlpVae({ hidden: [32, 32] }, { seed: 1 });
  const task = new VaeTask({ network, data: points(4000), batchSize: 128 });
  const trainer = new Trainer(task, { learningRate: 5e-3, averageDecay: 0.99 });
  await trainer.run(600);
  const heldOut = moons(300, new RandomStream(9, "held out"), { noise: 0.1 });
  const x = tf.tensor2d(heldOut, [300, 2]);
  const model = new VaeModel(network);
  const found = mean(await model.logLikelihood(x, { samples: 100 }));
  const density = (i: number): number => moonsDensity(heldOut[2 * i], heldOut[2 * i + 1], { noise: 0.1 });
  const exact = mean(Array.from({ length: 300 }, (_, i) => Math.log(density(i))));
  // A Gaussian of the same moments has −2.8.
  assert.ok(found > -2.4 && found < exact + 0.05, `${found} nats a point, the data's own density has ${exact}`);
  x.dispose();
  trainer.dispose();
  model.dispose();
});

test("gradients of −ELBO equal differences, for both likelihoods", () => {
  for (const likelihood of ["bernoulli", "gaussian"] as const) {
    const vae = small(likelihood);
    checkGradients(
      ([x, noise]) =>
        tf.tidy(() => {
          const { reconstruction, kl } = boundTerms(vae, x, noise as tf.Tensor2D);
          return tf.sub(kl, reconstruction);
        }),
      [tf.tidy(() => tf.tanh(normal([2, 3], 1))), normal([2, 2], 8)],
      vae.parameters,
      { tolerance: 1e-2 },
    );
    vae.dispose();
  }
});

test("the recorded step equals the step taken operation by operation", () => {
  assertGraphEqualsEager(() => {
    const network = new MlpVae({ hidden: [8] }, { seed: 1 });
    return new VaeTask({ network, data: points(64), batchSize: 8, beta: 0.5 });
  });
});

test("drawing and the bound run as graphs, to the numbers without them, and leave no tensor", async () => {
  const model = new VaeModel(small());
  const x = normal([3, 3], 2);
  const all = async (): Promise<[tf.Tensor, tf.Tensor, Float64Array]> => [
    await model.draw({ count: 5, seed: 2 }),
    await model.draw({ count: 5, seed: 2, decoding: "sample" }),
    await model.logLikelihood(x, { samples: 7 }),
  ];
  const [meanGraph, sampleGraph, boundGraph] = await all();
  const before = tf.memory().numTensors;
  const [meanAgain, sampleAgain] = await all();
  tf.dispose([meanAgain, sampleAgain]);
  assert.equal(tf.memory().numTensors, before);
  process.env["DIFFUSION_LAB_COMPILE"] = "0";
  const [meanEager, sampleEager, boundEager] = await all().finally(() => delete process.env["DIFFUSION_LAB_COMPILE"]);
  assert.ok(largestDifference(meanGraph, meanEager) < 1e-5);
  assert.ok(largestDifference(sampleGraph, sampleEager) < 1e-5);
  assert.ok(largestDifference(meanGraph, sampleGraph) > 0.1, "a sample has the decoder's noise, the mean has not");
  boundGraph.forEach((bound, i) => assert.ok(Math.abs(bound - boundEager[i]) < 1e-4));
  tf.dispose([x, meanGraph, sampleGraph, meanEager, sampleEager]);
  model.dispose();
});

test("the bound ends between two examples when asked to, and leaves no tensor", async () => {
  const model = new VaeModel(small());
  const x = normal([3, 3], 2);
  await model.logLikelihood(x, { samples: 2 });
  const before = tf.memory().numTensors;
  const stop = new AbortController();
  const running = model.logLikelihood(x, { samples: 2, signal: stop.signal });
  stop.abort(new Error("enough"));
  await assert.rejects(running, /enough/);
  assert.equal(tf.memory().numTensors, before);
  x.dispose();
  model.dispose();
});

test("what is saved opens to the same model and draws the same points, anywhere in the plane", async () => {
  const network = small();
  // As wide as the data may be, so that points fall outside −1 … 1, too.
  network.parameters.get("decoder.log_deviation").variable.assign(tf.tensor1d([0]));
  const place = join(folder, "points");
  saveVae(place, { network });
  const [model, opened] = [new VaeModel(network), loadModel(place)];
  assert.deepEqual(opened.shape, [3]);
  const request = { count: 40, seed: 7, decoding: "sample" } as const;
  const [expected, found] = [await model.draw(request), await opened.draw(request)];
  assert.deepEqual(found.dataSync(), expected.dataSync());
  assert.ok((expected.dataSync() as Float32Array).some((value) => Math.abs(value) > 1));
  tf.dispose([expected, found]);
  model.dispose();
  opened.dispose();
});

test("bad input is refused by name before any work", async () => {
  assert.throws(() => new MlpVae({ dimensions: 0 }), /dimensions must be a positive whole number, got 0/);
  assert.throws(() => new MlpVae({ hidden: [8, 0] }), /hidden must be a positive whole number, got 0/);
  assert.throws(() => new MlpVae({ likelihood: "poisson" as LikelihoodName }), /likelihood: unknown "poisson"/);
  const network = small("bernoulli");
  assert.throws(() => new VaeTask({ network, data: new Float32Array(3).fill(2) }), /example 0 of the data holds 2/);
  assert.throws(() => new VaeTask({ network, data: new Float32Array(4) }), /4 numbers are no whole count.*\[3\]/);
  const model = new VaeModel(network);
  await assert.rejects(model.logLikelihood(tf.zeros([2, 2])), /takes examples \[N, 3\], got shape \[2,2\]/);
  await assert.rejects(model.logLikelihood(tf.fill([1, 3], NaN)), /example 0 of the examples holds NaN/);
  await assert.rejects(
    model.logLikelihood(tf.zeros([1, 3]), { samples: 0 }),
    /samples must be a whole number ≥ 1, got 0/,
  );
  await assert.rejects(model.logLikelihood(tf.zeros([1, 3]), { sample: 3 } as object), /sample.*samples/);
  model.dispose();
});
