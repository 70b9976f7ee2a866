/** Annealed Langevin dynamics: the score alone, level after level. */
import { requireSamplerOptions } from "./stepping/options.js";
import * as tf from "../runtime/tf.js";
import type { Denoiser } from "../diffusion/denoiser.js";
import type { GaussianPath } from "../diffusion/paths/path.js";
import { noiseLevel } from "../diffusion/paths/path.js";
import { warn } from "../runtime/warning.js";
import { samplerEntries } from "./stepping/entry.js";
import { drawNoise } from "./stepping/noise-source.js";
import type { SamplerStep, StochasticOptions } from "./stepping/sampler.js";
import { marchInSigma } from "./stepping/sigma-space.js";
import { timeGrid } from "./stepping/time-grid.js";

export interface LangevinOptions extends StochasticOptions {
  /** Langevin steps at each noise level. Default 10. */
  readonly inner?: number;
  /** The step at a level is `stepSize`·σ². Default 0.3; smaller is more exact and slower. */
  readonly stepSize?: number;
}

/**
 * Annealed Langevin dynamics: at each level σ, `inner` times x̃ ← x̃ + (α/2)·s(x̃, σ) + √α·z with α = stepSize·σ², and on
 * to the next level without a step between; x̂_0 of the last state is returned. Warns once of a grid whose levels lie too
 * far apart for so few steps at each, or end too high: a state then keeps noise of the level before.
 *
 * Source: Song & Ermon 2019 (NCSN), algorithm 1, with its final denoising (Song & Ermon 2020).
 * @see SamplerEntry.run, which says what xT is
 */
export function annealedLangevin(
  denoiser: Denoiser,
  path: GaussianPath,
  xT: tf.Tensor,
  options: LangevinOptions,
): Generator<SamplerStep, tf.Tensor> {
  requireSamplerOptions("annealedLangevin", options, { inner: true, stepSize: "a number" });
  const { inner = 10, stepSize = 0.3, noise: draw } = options;
  if (options.finish === "last") {
    throw new RangeError(
      'Langevin dynamics hands out x̂_0 of its last level: finish "last" would give the noise of the level before it',
    );
  }
  if (!Number.isInteger(inner) || inner < 1) throw new RangeError(`inner must be a whole number ≥ 1, got ${inner}`);
  if (!(stepSize > 0 && stepSize <= 1)) throw new RangeError(`stepSize must lie in (0, 1], got ${stepSize}`);
  warnOfCoarseLevels(path, timeGrid(path, options), inner, stepSize);
  return marchInSigma("langevin", denoiser, path, xT, options, (start, from, to, { slope, i }) => {
    let state = start;
    for (let k = 0; k < inner; k++) {
      state = tf.tidy(() => {
        const { noise } = slope(state, from);
        // x̃ ← x̃ + (α/2)·s + √α·z, with s = −ε̂/σ and α = stepSize·σ²
        const drifted = tf.sub(state, tf.mul(noise, (stepSize / 2) * from.sigma));
        const z = drawNoise(draw, i * inner + k + 1, start);
        return tf.add(drifted, tf.mul(z, Math.sqrt(stepSize) * from.sigma));
      });
    }
    const { x0 } = slope(state, from);
    return { x0, next: to.sigma === 0 ? x0 : state };
  });
}

export default samplerEntries({
  name: "langevin",
  title: "Annealed Langevin, 10 steps a level",
  order: null, // the step is a share of σ² however many levels there are: its bias stays
  stochastic: true,
  evaluations: (steps) => 11 * steps,
  run: annealedLangevin,
});

/** The deviation of images in [−1, 1], as in Karras et al. 2022 (EDM). */
const DATA_DEVIATION = 0.5;
/** The most by which the deviation of such data may be wrong without a warning. */
const MOST_ERROR = 0.4;
const warnedOf = new Set<string>();

/**
 * On Gaussian data every step is linear, so the deviation it comes out with is known beforehand: with
 * f = 1 − α/(2·(s² + σ²)) the variance becomes f²·V + α, and x̂_0 has s²/(s² + σ²) of the state.
 */
function warnOfCoarseLevels(path: GaussianPath, times: readonly number[], inner: number, stepSize: number): void {
  const levels = times.filter((t) => t > 0).map((t) => noiseLevel(path, t));
  const data = DATA_DEVIATION ** 2;
  let variance = data + levels[0] ** 2;
  for (const level of levels) {
    const alpha = stepSize * level ** 2;
    const kept = (1 - alpha / (2 * (data + level ** 2))) ** 2;
    for (let k = 0; k < inner; k++) variance = kept * variance + alpha;
  }
  const share = data / (data + levels[levels.length - 1] ** 2);
  const error = Math.abs((Math.sqrt(variance) * share) / DATA_DEVIATION - 1);
  // Where no signal is left, sampling is refused by name.
  if (!(error > MOST_ERROR && error < Infinity)) return;
  const warning =
    `langevin: with ${levels.length} levels of ${inner} steps each on "${path.name}", data of deviation ${DATA_DEVIATION} ` +
    `comes out with one that is ${(100 * error).toFixed(0)} % off (limit ${100 * MOST_ERROR} %): take more levels (steps), or ` +
    `more inner steps, or a sampler that needs fewer, such as dpm++2m.`;
  if (warnedOf.has(warning)) return;
  warnedOf.add(warning);
  warn(warning, "COARSE_LEVELS");
}
