/** Fills in what a mask hides (RePaint). */
import { requireNumbers } from "../../base/values.js";
import { requireSamplerOptions } from "../stepping/options.js";
import { requireFinite } from "../../runtime/finite.js";
import * as tf from "../../runtime/tf.js";
import { requireSameShape } from "../../runtime/tensor.js";
import { estimate, type Denoiser } from "../../diffusion/denoiser.js";
import type { GaussianPath } from "../../diffusion/paths/path.js";
import { addedVariance, levelAt, posteriorCoefficients } from "../../diffusion/posterior.js";
import { march } from "../stepping/march.js";
import { drawNoise } from "../stepping/noise-source.js";
import type { SamplerStep, StochasticOptions } from "../stepping/sampler.js";
import { timeGrid } from "../stepping/time-grid.js";

export interface InpaintOptions extends StochasticOptions {
  /** The image whose known part is kept, same shape as xT. */
  readonly image: tf.Tensor;
  /** 1 where the image is known, 0 where it is to be filled in; broadcasts over the image. */
  readonly mask: tf.Tensor;
  /** How often a stretch is walked: 1 (default) never goes back, 10 is the paper's. */
  readonly resamples?: number;
  /** How many steps a jump goes back. Default 10. See {@link repaintTimes}. */
  readonly jump?: number;
}

/**
 * RePaint: DDPM steps for the unknown part, the noised image itself for the known part, and jumps back in time so that
 * the two come to agree. The known part of the result is the image's.
 *
 * On steps back up, which ask no network, `x0` is the state.
 *
 * Source: Lugmayr et al. 2022 (RePaint), algorithm 1 with jumps (appendix).
 * @see SamplerEntry.run, which says what xT is
 * @throws RangeError for an image of another shape than xT, a mask that does not broadcast over it or leaves 0 … 1;
 * TypeError without one of them
 */
export function inpaint(
  denoiser: Denoiser,
  path: GaussianPath,
  xT: tf.Tensor,
  options: InpaintOptions,
): Generator<SamplerStep, tf.Tensor> {
  requireSamplerOptions("inpaint", options, { image: true, mask: true, resamples: true, jump: true });
  const { image, mask, resamples = 1, jump = 10, noise } = options;
  for (const [name, tensor] of Object.entries({ image, mask })) {
    if (!(tensor instanceof tf.Tensor))
      throw new TypeError(
        `inpaint needs \`${name}\`, a tensor: the image to keep, and 1 where it is known; got ${tensor}`,
      );
  }
  const walk = repaintTimes(timeGrid(path, options), resamples, jump);
  requireSameShape("image", image, "xT", xT);
  requireFinite("image", image, "the parts to fill in may hold anything finite, for instance 0");
  requireMask(mask, xT);
  const compose = (known: tf.Tensor, filled: tf.Tensor): tf.Tensor =>
    tf.add(tf.mul(mask, known), tf.mul(tf.sub(1, mask), filled));
  return march("inpaint", xT, walk, (x, i) => {
    const [t, s] = [walk[i], walk[i + 1]];
    const to = levelAt(path, s);
    const draws = (k: number): tf.Tensor => drawNoise(noise, 2 * i + k, x);
    if (s > t) {
      // Back up: x_s = (a_s/a_t)·x_t + √(b_s² − (a_s/a_t)²·b_t²)·z
      const ratio = to.signal / path.signal(t);
      const added = addedVariance(levelAt(path, t), to);
      return { x0: x, next: tf.add(tf.mul(x, ratio), tf.mul(draws(1), Math.sqrt(added))) };
    }
    const { x0 } = estimate(denoiser, path, x, t, options);
    const back = posteriorCoefficients(to, levelAt(path, t));
    const mean = tf.add(tf.mul(x0, back.dataWeight), tf.mul(x, back.stateWeight));
    if (s === 0) return { x0: compose(image, x0), next: compose(image, mean) };
    const filled = tf.add(mean, tf.mul(draws(1), Math.sqrt(back.variance)));
    const known = tf.add(tf.mul(image, to.signal), tf.mul(draws(2), to.noise));
    return { x0: compose(image, x0), next: compose(known, filled) };
  });
}

/**
 * The times RePaint visits. At every `jump`-th noisy time, counted from the last one up, it goes back by `jump` steps,
 * `resamples` − 1 times; from the clean end there is no way back, and the first `jump` steps are walked once, as in the
 * authors' code. With `jump` = 1 this is the paper's algorithm 1.
 *
 * @throws RangeError if a number is not whole and positive, or resampling is asked for where no jump fits
 */
export function repaintTimes(times: readonly number[], resamples: number, jump: number): number[] {
  requireNumbers("times", times);
  for (const [name, value] of Object.entries({ resamples, jump })) {
    if (!Number.isInteger(value) || value < 1) throw new RangeError(`${name} must be a whole number ≥ 1, got ${value}`);
  }
  const noisy = times.filter((t) => t > 0);
  if (resamples > 1 && jump >= noisy.length) {
    throw new RangeError(
      `no jump of ${jump} steps back fits into ${noisy.length} noisy times: choose a smaller jump, or more steps`,
    );
  }
  const left = new Map<number, number>();
  for (let at = noisy.length - 1; at >= jump; at -= jump) left.set(at, resamples - 1);
  const walk = [noisy[0]];
  for (let at = 1; at < noisy.length; at++) {
    walk.push(noisy[at]);
    const again = left.get(at) ?? 0;
    if (again === 0) continue;
    left.set(at, again - 1);
    at -= jump;
    walk.push(noisy[at]);
  }
  return noisy.length < times.length ? [...walk, 0] : walk;
}

function requireMask(mask: tf.Tensor, xT: tf.Tensor): void {
  const padded = [...new Array<number>(Math.max(0, xT.rank - mask.rank)).fill(1), ...mask.shape];
  if (padded.length !== xT.rank || padded.some((size, i) => size !== 1 && size !== xT.shape[i]))
    throw new RangeError(`the mask's shape [${mask.shape}] does not broadcast over the image's [${xT.shape}]`);
  const inside = tf.tidy(() => tf.all(tf.logicalAnd(tf.greaterEqual(mask, 0), tf.lessEqual(mask, 1))).dataSync()[0]);
  if (!inside) throw new RangeError("the mask must lie in 0 … 1: 1 where the image is known, 0 where it is not");
}
