/** DDPM: ancestral sampling, one posterior after the other. */
import { requireSamplerOptions } from "./stepping/options.js";
import { requireFinite } from "../runtime/finite.js";
import * as tf from "../runtime/tf.js";
import { requireChoice } from "../base/values.js";
import {
  estimate,
  estimateFrom,
  learnsVariance,
  requirePath,
  timesTensor,
  type Denoiser,
  type LearnedVarianceDenoiser,
} from "../diffusion/denoiser.js";
import type { GaussianPath } from "../diffusion/paths/path.js";
import { levelAt, posteriorCoefficients, type PosteriorCoefficients } from "../diffusion/posterior.js";
import { samplerEntries } from "./stepping/entry.js";
import { march } from "./stepping/march.js";
import { drawNoise } from "./stepping/noise-source.js";
import type { SamplerStep, StochasticOptions } from "./stepping/sampler.js";
import { timeGrid } from "./stepping/time-grid.js";

export interface DdpmOptions extends StochasticOptions {
  /**
   * The fixed variance of a step: `"posterior"` β̃_t (right if the data were one point, Ho et al.'s "small") or
   * `"beta"` β_t (right if the data were N(0, I), "large"); or `"learned"`, between the two as the network says, for
   * denoisers with `predictWithVariance`. Default "posterior".
   */
  readonly variance?: "posterior" | "beta" | "learned";
}

/**
 * Ancestral sampling: x_s ~ N(μ(x̂_0, x_t), σ²·I), μ the posterior mean; no noise at the last step.
 *
 * Source: Ho et al. 2020 (DDPM), algorithm 2, with x̂_0 put into equation 7 (so that it can be bounded); on fewer
 * steps than T the posterior is that between the visited times (Nichol & Dhariwal 2021, section 4).
 * @see SamplerEntry.run, which says what xT is
 * @returns samples, same shape
 */
export function ddpm(
  denoiser: Denoiser,
  path: GaussianPath,
  xT: tf.Tensor,
  options: DdpmOptions,
): Generator<SamplerStep, tf.Tensor> {
  requireSamplerOptions("ddpm", options, { variance: true });
  const { variance = "posterior", noise } = options;
  requireChoice("variance", variance, ["posterior", "beta", "learned"]);
  const learned = variance === "learned" ? withLearnedVariance(denoiser) : undefined;
  const times = timeGrid(path, options);
  return march("ddpm", xT, times, (x, i) => {
    const [t, s] = [times[i], times[i + 1]];
    requirePath(denoiser, path);
    const answer = learned?.predictWithVariance(x, timesTensor(x, t), options.condition);
    const { x0 } = answer
      ? estimateFrom(answer.output, denoiser.predicts, path, x, t, options)
      : estimate(denoiser, path, x, t, options);
    if (answer) requireFinite(`the learned variance at t = ${t}`, answer.fraction, "look at the weights");
    const back = posteriorCoefficients(levelAt(path, s), levelAt(path, t));
    // μ = √ᾱ_s·β_t/(1−ᾱ_t)·x̂_0 + √α_t·(1−ᾱ_s)/(1−ᾱ_t)·x_t
    const mean = tf.add(tf.mul(x0, back.dataWeight), tf.mul(x, back.stateWeight));
    if (s === 0) return { x0, next: mean };
    const deviation = answer
      ? learnedDeviation(answer.fraction, back)
      : tf.scalar(Math.sqrt(variance === "posterior" ? back.variance : back.added));
    // x_s = μ + σ·z
    return { x0, next: tf.add(mean, tf.mul(drawNoise(noise, i + 1, x), deviation)) };
  });
}

export default samplerEntries(
  { name: "ddpm", title: "DDPM, posterior variance", order: 1, stochastic: true, run: ddpm },
  {
    name: "ddpm-large",
    title: "DDPM, variance β",
    order: 1,
    stochastic: true,
    run: (denoiser, path, xT, options) => ddpm(denoiser, path, xT, { ...options, variance: "beta" }),
  },
);

// σ² = exp(v·ln β_t + (1 − v)·ln β̃_t), Nichol & Dhariwal 2021, equation 15
function learnedDeviation(fraction: tf.Tensor, { variance, added }: PosteriorCoefficients): tf.Tensor {
  // Both are 0 where a schedule adds no noise.
  const [low, high] = [variance, added].map((value) => Math.log(Math.max(value, Number.MIN_VALUE)));
  return tf.exp(tf.mul(tf.add(tf.mul(fraction, high - low), low), 0.5));
}

function withLearnedVariance(denoiser: Denoiser): LearnedVarianceDenoiser {
  if (!learnsVariance(denoiser)) {
    throw new TypeError('variance "learned" needs a denoiser with predictWithVariance: use "posterior" or "beta"');
  }
  return denoiser;
}
