/** Starts in the middle of the chain, from an image with noise added. */
import { requireTensor } from "../../runtime/tensor.js";
import { requireKnownKeys } from "../../base/check.js";
import * as tf from "../../runtime/tf.js";
import { qSample } from "../../diffusion/forward.js";
import type { GaussianPath } from "../../diffusion/paths/path.js";
import { drawNoise } from "../stepping/noise-source.js";
import type { NoiseSource } from "../stepping/sampler.js";
import { gridTimes, type TimeGridOptions } from "../stepping/time-grid.js";

/** A start in the middle of the chain: hand `xT` and `times` to any sampler. */
export interface PartialStart {
  /** The noised image at `times[0]`, owned by the caller. */
  readonly xT: tf.Tensor;
  readonly times: readonly number[];
}

/**
 * SDEdit: noise an image to an intermediate time and sample from there, so that its layout stays. Of n steps the
 * last round(strength·n) are taken; below strength 1 never all, since the first starts from pure noise.
 *
 * ```ts
 * const { xT, times } = partialStart(schedule, image, { strength: 0.6, steps: 50, noise });
 * const edited = await sample(ddim(denoiser, schedule, xT, { times }));
 * ```
 * Source: Meng et al. 2022 (SDEdit), algorithm 1.
 * @param options.strength in (0, 1]: 1 starts from (almost) pure noise
 * @throws RangeError where round(strength·n) is no step, or the only one: it would start from pure noise
 */
export function partialStart(
  path: GaussianPath,
  x0: tf.Tensor,
  options: TimeGridOptions & { readonly strength: number; readonly noise: NoiseSource },
): PartialStart {
  requireTensor("x0", x0);
  requireKnownKeys("partialStart", options, {
    steps: "a number",
    spacing: true,
    times: true,
    levels: true,
    finish: ["data", "last"],
    strength: "a number",
    noise: true,
  });
  const { strength, noise } = options;
  if (!(strength > 0 && strength <= 1)) throw new RangeError(`strength must lie in (0, 1], got ${strength}`);
  const all = gridTimes(path, { ...options, finish: "data" }).slice(0, -1);
  const steps = all.length;
  // All of them start from pure noise, and keep nothing of the image.
  const kept = strength === 1 ? steps : Math.min(Math.round(strength * steps), steps - 1);
  if (kept < 1) {
    throw new RangeError(
      `strength ${strength} takes none of ${steps} ${steps === 1 ? "step" : "steps"}: ` +
        `use at least ${Math.max(2, Math.ceil(0.5 / strength))} steps, or more strength`,
    );
  }
  const times = all.slice(all.length - kept);
  return { xT: tf.tidy(() => qSample(path, x0, times[0], drawNoise(noise, 0, x0))), times };
}
