/** Every sampler runs on a model of any path through an exact change of variables. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import * as tf from "../../../src/runtime/tf.js";
import {
  convertPrediction,
  cosineSchedule,
  denoiserOnPath,
  edmPath,
  flowPath,
  gaussianDenoiser,
  heun,
  karrasLevels,
  linearSchedule,
  mixtureDenoiser,
  noiseLevel,
  predictions,
  runOnAnyPath,
  samplerNamed,
  samplers,
  subVpPath,
  vePath,
  vpPath,
  type Denoiser,
  type GaussianMixture,
  type GaussianPath,
  type StochasticOptions,
} from "../../../src/index.js";
import { drain } from "./diffusers-fixture.js";
import { fastNoise, inSteps, largestDifference } from "./helpers.js";

const mixture: GaussianMixture = {
  weights: [1, 2],
  means: [
    [-1, 0.2],
    [0.7, 0.4],
  ],
  covariances: [0.1, [0.3, 0.2]],
};
const paths = [linearSchedule(), cosineSchedule({ T: 300 }), vpPath(), subVpPath(), vePath(), edmPath(), flowPath()];

test("carried over to another path the ideal denoiser is that path's ideal denoiser, whatever it predicts", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...paths),
      fc.constantFrom(...paths),
      fc.constantFrom(...predictions),
      fc.double({ min: 0.02, max: 30, noNaN: true }),
      fc.integer({ min: 0, max: 1e6 }),
      (from, to, predicts, level, seed) => {
        const [ideal, expected] = [from, to].map((path) => mixtureDenoiser(path, mixture));
        const trained: Denoiser = {
          path: from,
          predicts,
          predict: (x, times) =>
            convertPrediction(from, "sample", predicts, ideal.predict(x, times), x, Array.from(times.dataSync())),
        };
        // One level for each of two examples.
        const times = tf.tensor1d([to.timeAt(level), to.timeAt(level / 2)]);
        const x = tf.mul(fastNoise(seed)(0, [2, 2]), to.noise(to.timeAt(level)) + 0.5);
        const got = denoiserOnPath(trained, to).predict(x, times);
        const difference = largestDifference(got, expected.predict(x, times));
        // Float32 rounds times and, where ε is predicted, loses σ times 1e-7.
        assert.ok(difference < 3e-3, `${from.name} → ${to.name}, ${predicts}: ${difference}`);
      },
    ),
    { numRuns: 150 },
  );
});

test("above the highest trained level it is asked at that level", () => {
  const from = linearSchedule();
  const asked: number[][] = [];
  const denoiser: Denoiser = {
    path: from,
    predicts: "sample",
    predict: (x, t) => {
      asked.push([...t.dataSync(), ...x.dataSync()]);
      return x.clone();
    },
  };
  denoiserOnPath(denoiser, flowPath()).predict(tf.tensor2d([[2]]), tf.tensor1d([1]));
  assert.equal(asked[0][0], 1000);
  assert.ok(Math.abs(asked[0][1] - 2 * from.noise(1000)) < 1e-6);
  assert.ok(noiseLevel(from, 1000) > 100);
});

for (const entry of samplers) {
  test(`${entry.name} runs on a model of any path, and leaves nothing in memory but its result`, () => {
    for (const path of [linearSchedule(), vpPath(), flowPath(), vePath(), edmPath()] as GaussianPath[]) {
      // What divides by a(t) cannot start where a(t) = 0, and says so.
      const refused = path.name === "flow" && entry.paths === "any" && !startsWithoutSignal.has(entry.name);
      const denoiser = mixtureDenoiser(path, mixture);
      const xT = fastNoise(1)(0, [200, 2]);
      const before = tf.memory().numTensors;
      const run = (): tf.Tensor =>
        drain(runOnAnyPath(entry, denoiser, path, xT, { ...inSteps(entry, 25), noise: fastNoise(2) }));
      if (refused) {
        assert.throws(run, /has no signal at t = 1/);
        assert.equal(tf.memory().numTensors, before);
      } else {
        const end = run();
        assert.equal(tf.memory().numTensors, before + 1);
        // 1/3·(−1) + 2/3·0.7; ±4 standard errors of 0.06, and the few steps' bias.
        const moments = tf.moments(end, 0);
        const mean = moments.mean.dataSync()[0];
        assert.ok(Math.abs(mean - 0.133) < 0.3, `${path.name}: mean ${mean}`);
        if (entry.name === "consistency") continue; // One step of a denoiser that was not distilled is the mean.
        // Σ w·(Σ_k + μ_k²) − μ²: ±4 standard errors of a tenth, and the few steps' bias of up to a half.
        [0.8756, 0.1756].forEach((exact, i) => {
          const ratio = moments.variance.dataSync()[i] / exact;
          assert.ok(ratio > 0.5 && ratio < 2, `${path.name}: variance ${i} is ${ratio} of the data's`);
        });
      }
    }
  });
}

for (const path of [vePath(), edmPath()]) {
  test(`on ${path.name} the start is b(T)·z, or b(t)·z of the first level, and the usual grid is fine enough`, () => {
    const denoiser = gaussianDenoiser(path, [0], 0.25);
    const z = fastNoise(3)(0, [2000, 1]);
    const deviation = (x: tf.Tensor): number => tf.sqrt(tf.mean(tf.square(x))).dataSync()[0];
    const run = (options: Partial<StochasticOptions>): tf.Tensor =>
      drain(runOnAnyPath(samplerNamed("heun"), denoiser, path, z, { ...options, noise: fastNoise(4) }));
    const before = tf.memory().numTensors;
    const ends = [run({}), run({ levels: karrasLevels(40, { min: 0.002, max: 10 }) })];
    assert.equal(tf.memory().numTensors, before + 2);
    for (const end of ends) {
      const ratio = deviation(end) / (0.5 * deviation(z));
      assert.ok(Math.abs(ratio - 1) < 0.01, `deviation ${0.5 * ratio} instead of 0.5`);
    }
    const own = drain(heun(denoiser, path, tf.mul(z, path.noise(path.T))));
    assert.ok(largestDifference(own, ends[0]) < 1e-6, "the same as the sampler itself, started at b(T)·z");
    const runs = [{}, { steps: 3 }].map((options) =>
      runOnAnyPath(samplerNamed("heun"), denoiser, path, z, { ...options, noise: fastNoise(4) }),
    );
    const abandoned = tf.memory().numTensors;
    runs[0].next();
    runs.forEach((one) => one.return(undefined as never));
    assert.equal(tf.memory().numTensors, abandoned, "an abandoned run frees its start");
  });
}

const startsWithoutSignal = new Set([
  "consistency",
  "ddim",
  "ddim-stochastic",
  "ddpm",
  "ddpm-large",
  "dpm++1",
  "dpm++2m",
  "dpm++3m",
  "dpm++2m-sde",
  "probability-flow",
  "unipc",
  "unipc-3",
]);

test("times of one path are not taken for those of another", () => {
  const path = linearSchedule();
  const denoiser = mixtureDenoiser(path, mixture);
  const options = { times: [500, 100], noise: fastNoise(1) };
  const xT = fastNoise(1)(0, [2, 2]);
  assert.throws(
    () => runOnAnyPath(samplerNamed("flow-euler"), denoiser, path, xT, options),
    /"flow-euler" runs on the path "flow", not on "linear" whose times are given/,
  );
});
