/** Samplers draw a Gaussian mixture's mean and covariance, for which both are known. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "../../../src/runtime/tf.js";
import {
  annealedLangevin,
  cosineSchedule,
  ddim,
  ddpm,
  dpmSolverSde,
  eulerAncestral,
  exponentialLevels,
  heun,
  karrasLevels,
  linearSchedule,
  mixtureDenoiser,
  predictorCorrector,
  reverseSde,
  subVpPath,
  vePath,
  vpPath,
  type Denoiser,
  type GaussianMixture,
  type GaussianPath,
  type NoiseSource,
} from "../../../src/index.js";
import { drain } from "./diffusers-fixture.js";
import { fastNoise } from "./helpers.js";

const mixture: GaussianMixture = {
  weights: [0.3, 0.7],
  means: [
    [-0.8, 0.5],
    [0.6, -0.2],
  ],
  covariances: [
    [
      [0.1, 0.04],
      [0.04, 0.06],
    ],
    [0.05, 0.15],
  ],
};
// Σ w·μ and Σ w·(Σ_k + μ_k·μ_kᵀ) − μ·μᵀ
const mean = [0.18, 0.01];
const covariance = [
  0.3 * 0.74 + 0.7 * 0.41 - 0.18 ** 2,
  0.3 * (0.04 - 0.4) + 0.7 * -0.12 - 0.18 * 0.01,
  0.3 * 0.31 + 0.7 * 0.19 - 0.01 ** 2,
];

const COUNT = 8000;

/**
 * Holds mean and covariance of COUNT samples to the exact ones within 4.5 standard errors: √(Σ_ii/N) for a mean,
 * √(2)·Σ_ii/√N at most for a covariance, plus the stated bias of the sampler's own finite steps.
 */
function holdsMoments(samples: tf.Tensor, bias: number, name: string): void {
  const values = samples.dataSync();
  const n = samples.shape[0];
  const sums = [0, 0, 0, 0, 0];
  for (let i = 0; i < n; i++) {
    const [x, y] = [values[2 * i], values[2 * i + 1]];
    [x, y, x * x, x * y, y * y].forEach((value, k) => (sums[k] += value / n));
  }
  const [mx, my] = sums;
  const measured = [mx, my, sums[2] - mx * mx, sums[3] - mx * my, sums[4] - my * my];
  const deviations = [covariance[0], covariance[2]].map(Math.sqrt);
  const errors = [
    deviations[0],
    deviations[1],
    Math.SQRT2 * covariance[0],
    Math.SQRT2 * deviations[0] * deviations[1],
    Math.SQRT2 * covariance[2],
  ].map((spread) => (4.5 * spread) / Math.sqrt(n) + bias);
  [...mean, ...covariance].forEach((expected, k) => {
    assert.ok(
      Math.abs(measured[k] - expected) < errors[k],
      `${name}: moment ${k} is ${measured[k]}, expected ${expected} ± ${errors[k]}`,
    );
  });
}

test("the mixture's moments as computed here are those of its definition", () => {
  const close = (a: number, b: number): void => assert.ok(Math.abs(a - b) < 1e-12);
  close(mean[0], 0.3 * -0.8 + 0.7 * 0.6);
  close(covariance[0], 0.3 * (0.1 + 0.64) + 0.7 * (0.05 + 0.36) - mean[0] ** 2);
});

type Make = (denoiser: Denoiser, noise: NoiseSource) => tf.Tensor;

/** x_T from the path's own prior: N(0, b(T)²) where variance explodes, N(0, 1) otherwise. */
const prior = (path: GaussianPath, noise: NoiseSource): tf.Tensor =>
  tf.mul(noise(0, [COUNT, 2]), Math.max(1, path.noise(path.T)));

const cases: { name: string; path: GaussianPath; bias: number; make: Make }[] = [];
function add<P extends GaussianPath>(
  name: string,
  path: P,
  bias: number,
  make: (d: Denoiser, p: P, xT: tf.Tensor, noise: NoiseSource) => Generator<unknown, tf.Tensor>,
): void {
  cases.push({ name, path, bias, make: (d, noise) => drain(make(d, path, prior(path, noise), noise)) });
}
const linear = linearSchedule();
const levels = karrasLevels(40, { min: 0.02, max: 80 });
add("DDPM, posterior variance, 300 of 1000 steps", linear, 0.01, (d, p, x, noise) =>
  ddpm(d, p, x, { steps: 300, noise }),
);
add("DDPM, variance β, cosine, 300 steps", cosineSchedule({ T: 300 }), 0.01, (d, p, x, noise) =>
  ddpm(d, p, x, { steps: 300, noise, variance: "beta" }),
);
add("DDIM with η = 0.5, 300 of 1000 steps", linear, 0.01, (d, p, x, noise) =>
  ddim(d, p, x, { steps: 300, noise, eta: 0.5 }),
);
add("Euler-ancestral, 300 of 1000 steps", linear, 0.01, (d, p, x, noise) =>
  eulerAncestral(d, p, x, { steps: 300, noise }),
);
add("Heun with churn 20, Karras grid, 40 steps", linear, 0.005, (d, p, x, noise) =>
  heun(d, p, x, { levels, noise, churn: 20 }),
);
add("SDE-DPM-Solver++ 2M, Karras grid, 80 steps", linear, 0.01, (d, p, x, noise) =>
  dpmSolverSde(d, p, x, { levels: karrasLevels(80, { min: 0.02, max: 80 }), noise }),
);
add("reverse VP-SDE, 400 steps", vpPath(), 0.02, (d, p, x, noise) => reverseSde(d, p, x, { steps: 400, noise }));
add("reverse sub-VP-SDE, 400 steps", subVpPath(), 0.02, (d, p, x, noise) => reverseSde(d, p, x, { steps: 400, noise }));
add("reverse VE-SDE, 400 steps", vePath({ sigmaMax: 10 }), 0.02, (d, p, x, noise) =>
  reverseSde(d, p, x, { steps: 400, noise }),
);
add("predictor–corrector on VP, 200 steps", vpPath(), 0.03, (d, p, x, noise) =>
  predictorCorrector(d, p, x, { steps: 200, noise, correctionSnr: 0.08 }),
);
add("annealed Langevin, 24 levels of 25 steps", linear, 0.02, (d, p, x, noise) =>
  annealedLangevin(d, p, x, {
    levels: exponentialLevels(24, { min: 0.03, max: 10 }),
    inner: 25,
    stepSize: 0.1,
    noise,
  }),
);

for (const { name, path, bias, make } of cases) {
  test(`${name}: mean and covariance of a Gaussian mixture`, () => {
    holdsMoments(make(mixtureDenoiser(path, mixture), fastNoise(20)), bias, name);
  });
}
