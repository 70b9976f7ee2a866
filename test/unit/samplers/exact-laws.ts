/** What a sampler should make of a Gaussian and of a mixture, and how far it is from that on a path. */
import assert from "node:assert/strict";
import * as tf from "../../../src/runtime/tf.js";
import {
  RandomStream,
  runOnAnyPath,
  type Denoiser,
  type GaussianPath,
  type NoiseSource,
  type SamplerEntry,
} from "../../../src/index.js";
import { flowPath, vpPath, type SdePath } from "../../../src/diffusion/paths/continuous-paths.js";
import { priorDeviation } from "../../../src/samplers/stepping/time-range.js";
import { drain } from "./diffusers-fixture.js";
import { inSteps } from "./helpers.js";

/** The first dimension is N(mean, variance); the second, independent of it, a mixture. */
const gaussian = { mean: 0.3, variance: 0.25 };
const mixture = { weights: [0.3, 0.7], means: [-0.8, 0.6], variances: [0.04, 0.02] };
const mixtureDeviation = Math.sqrt(0.3 * (0.04 + 0.64) + 0.7 * (0.02 + 0.36) - 0.18 ** 2);

/** Every quantile (i + ½)/count of a·x_0 + b·ε from a table: the flow of the ODE keeps them. */
function quantiles(count: number, a: number, b: number): number[] {
  const reach = 2 * a + 5 * b;
  const grid = Array.from({ length: 4001 }, (_, i) => -reach + (2 * reach * i) / 4000);
  const normal = (means: number[], deviation: number): Float32Array =>
    tf.tidy(() =>
      tf.mul(tf.add(tf.erf(tf.div(tf.tensor1d(means), deviation * Math.SQRT2)), 1), 0.5).dataSync(),
    ) as Float32Array;
  const parts = mixture.means.map((mean, k) =>
    normal(
      grid.map((x) => x - a * mean),
      Math.hypot(a * Math.sqrt(mixture.variances[k]), b),
    ),
  );
  const below = grid.map((_, i) => mixture.weights[0] * parts[0][i] + mixture.weights[1] * parts[1][i]);
  let at = 0;
  return Array.from({ length: count }, (_, i) => {
    const share = (i + 0.5) / count;
    while (below[at + 1] < share) at++;
    return grid[at] + ((share - below[at]) / (below[at + 1] - below[at])) * (grid[at + 1] - grid[at]);
  });
}

/** E[x_0 | x] of N(mean, variance), where x = a·x_0 + b·ε. */
const expected = (mean: number, variance: number, a: number, b: number, x: number): number =>
  mean + ((a * variance) / (a ** 2 * variance + b ** 2)) * (x - a * mean);

/**
 * E[x_0 | x_t] of both laws, in plain numbers, which take a tenth of the time of `mixtureDenoiser`'s tensors:
 * the mixture's is Σ_k p_k·E_k[x_0 | x_t] with p_k ∝ w_k·N(x_t; a·μ_k, a²v_k + b²).
 */
function exactDenoiser(path: GaussianPath): Denoiser {
  const answer = (x: number, a: number, b: number): number => {
    const logs = mixture.means.map((mean, k) => {
      const v = a ** 2 * mixture.variances[k] + b ** 2;
      return Math.log(mixture.weights[k]) - Math.log(v) / 2 - (x - a * mean) ** 2 / (2 * v);
    });
    const largest = Math.max(...logs);
    const shares = logs.map((log) => Math.exp(log - largest));
    const terms = mixture.means.map((mean, k) => shares[k] * expected(mean, mixture.variances[k], a, b, x));
    return terms.reduce((sum, term) => sum + term) / shares.reduce((sum, share) => sum + share);
  };
  return {
    path,
    predicts: "sample",
    predict: (xt, t) => {
      // Float32 may have rounded a time above T.
      const times = t.dataSync().map((time) => Math.min(time, path.T));
      const [a, b] = [path.signal(times[0]), path.noise(times[0])];
      assert.ok(times.every((time) => time === times[0]));
      return tf.tensor(
        xt
          .dataSync()
          .map((x, i) => (i % 2 === 0 ? expected(gaussian.mean, gaussian.variance, a, b, x) : answer(x, a, b))),
        xt.shape,
      );
    },
  };
}

/** The path that the sampler runs on for a model of the other. */
function pathOf({ paths }: SamplerEntry, path: GaussianPath): GaussianPath {
  if (paths === "sde") return "drift" in path ? (path as SdePath) : vpPath();
  if (paths === "straight") return path.name === "flow" ? path : flowPath();
  return path;
}

/**
 * The error of a sampler with default options, in deviations of the data, whichever is larger:
 * - of the mean, or of the deviation over what it should be minus 1, for the Gaussian: exact, since every step is linear, so
 *   that x = c_0·z_0 + c_1·z_1 + …, and example k of the batch has z_k = 1 and no other noise;
 * - the Wasserstein distance of the mixture's samples, which start on its quantiles: for a deterministic sampler exact.
 *   With noise it has that of 640 samples besides, 0.03 at most.
 */
export function errorOf(entry: SamplerEntry, path: GaussianPath, steps: number): number {
  return tf.tidy(() => {
    const needed = pathOf(entry, path);
    const denoiser = exactDenoiser(path);
    const count = entry.stochastic ? 640 : 17;
    let draws = 0;
    const noise: NoiseSource = (draw, [rows]) => {
      draws = Math.max(draws, draw);
      const normals = new RandomStream(5, "exact laws", draw).normals(rows);
      return tf.tensor2d(Array.from(normals, (z, i) => [i === draw ? 1 : 0, z]));
    };
    const run = (xT: tf.Tensor) => runOnAnyPath(entry, denoiser, path, xT, { ...inSteps(entry, steps), noise });
    const probe = run(tf.zeros([2, 2]));
    const first = (probe.next().value as { t: number }).t;
    probe.return(undefined as never);
    const [a, b] = [needed.signal(first), needed.noise(first)];
    const deviation = priorDeviation(needed, first);
    const spread = Math.hypot(a * Math.sqrt(gaussian.variance), b);
    const starts = quantiles(count, a, b).map((x, i) => [a * gaussian.mean + (i === 0 ? spread : 0), x]);
    draws = 0;
    const ends = drain(run(tf.div(tf.tensor2d(starts), deviation))).dataSync();
    const mean = ends[2 * (count - 1)];
    let squares = 0;
    for (let k = 0; k <= draws; k++) squares += (ends[2 * k] - mean) ** 2;
    const scale = Math.sqrt(gaussian.variance);
    const moments = Math.max(Math.abs(mean - gaussian.mean) / scale, Math.abs(Math.sqrt(squares) / scale - 1));
    const samples = Array.from({ length: count }, (_, i) => ends[2 * i + 1]);
    if (entry.stochastic) samples.sort((x, y) => x - y);
    const distance = quantiles(count, 1, 1e-6).reduce((sum, x, i) => sum + Math.abs(samples[i] - x) / count, 0);
    return Math.max(moments, distance / mixtureDeviation);
  });
}
