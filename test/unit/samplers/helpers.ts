/** The Gaussian problem whose probability flow is known exactly, and measures of error on it. */
import * as tf from "../../../src/runtime/tf.js";
import {
  edmPath,
  gaussianDenoiser,
  RandomStream,
  type Denoiser,
  type GaussianPath,
  type NoiseSource,
  type SamplerEntry,
} from "../../../src/index.js";

export const variance = 0.25;

/** Where the probability-flow ODE of N(0, s²) takes x̃ from one σ to another: x̃·√((s² + σ'²)/(s² + σ²)). */
export function exactFlow(x: number, from: number, to: number): number {
  return x * Math.sqrt((variance + to ** 2) / (variance + from ** 2));
}

export function gaussianProblem(): { path: GaussianPath; denoiser: Denoiser } {
  const path = edmPath();
  return { path, denoiser: gaussianDenoiser(path, [0], variance) };
}

/** n + 1 levels, ln σ falling as u^power: power > 1 starts with small steps, which multistep methods need to find their order. */
export function startingSlowly(n: number, power: number, max: number, min: number): number[] {
  return Array.from({ length: n + 1 }, (_, i) =>
    i === 0 ? max : i === n ? min : max * (min / max) ** ((i / n) ** power),
  );
}

/** Least-squares slope of −ln error over ln n. */
export function measuredOrder(counts: readonly number[], errors: readonly number[]): number {
  const [x, y] = [counts.map(Math.log), errors.map((error) => -Math.log(error))];
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [mx, my] = [mean(x), mean(y)];
  return x.reduce((sum, xi, i) => sum + (xi - mx) * (y[i] - my), 0) / x.reduce((sum, xi) => sum + (xi - mx) ** 2, 0);
}

/** Noise from one stream per draw: faster than per-example streams where a test draws much of it. */
export function fastNoise(seed: number): NoiseSource {
  return (draw, shape) => {
    const size = shape.reduce((product, length) => product * length, 1);
    return tf.tensor(new RandomStream(seed, "test", draw).normals(size), [...shape]);
  };
}

/** A denoiser that counts how often it is asked. */
export function counting(denoiser: Denoiser): Denoiser & { calls: number } {
  const counter = {
    path: denoiser.path,
    predicts: denoiser.predicts,
    calls: 0,
    predict(...[xt, t, condition]: Parameters<Denoiser["predict"]>): tf.Tensor {
      counter.calls++;
      return denoiser.predict(xt, t, condition);
    },
  };
  return counter;
}

/** So many steps, for a sampler that takes them. */
export function inSteps({ choosesSteps }: SamplerEntry, steps: number): { readonly steps?: number } {
  return choosesSteps ? {} : { steps };
}

export function largestDifference(a: tf.Tensor, b: tf.Tensor): number {
  return tf.tidy(() => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]);
}
