/** EDM's preconditioning: a network that sees and learns numbers of unit variance at every noise level. */
import { requireSameShape } from "../runtime/tensor.js";
import { requireGaussianPath } from "./paths/path.js";
import { requireFinite } from "../runtime/finite.js";
import * as tf from "../runtime/tf.js";
import { requirePositive, requireFunction } from "../base/values.js";
import { lookUp } from "./coefficients.js";
import type { Timestep } from "./paths/time.js";
import type { Condition } from "../nn/condition.js";
import type { Denoiser } from "./denoiser.js";
import type { GaussianPath } from "./paths/path.js";
import { levelAt } from "./posterior.js";

/** The four scalings that keep a network's input, target and loss at unit variance for every σ. */
export interface Preconditioning {
  readonly skip: number;
  readonly out: number;
  readonly in: number;
  /** What the network is told of σ: ln(σ)/4. */
  readonly noise: number;
}

/**
 * c_skip = s²/(σ² + s²), c_out = σ·s/√(σ² + s²), c_in = 1/√(σ² + s²), c_noise = ln(σ)/4, with s = σ_data.
 *
 * Source: Karras et al. 2022 (EDM), table 1 and appendix B.6.
 * @throws RangeError unless both are finite and > 0; where a path ends in σ = ∞, {@link pathPreconditioning} has the limits
 */
export function edmPreconditioning(sigma: number, sigmaData = 0.5): Preconditioning {
  requirePositive("sigma", sigma);
  requirePositive("sigmaData", sigmaData);
  const total = sigma ** 2 + sigmaData ** 2;
  return {
    skip: sigmaData ** 2 / total,
    out: (sigma * sigmaData) / Math.sqrt(total),
    in: 1 / Math.sqrt(total),
    noise: Math.log(sigma) / 4,
  };
}

/** Where σ = ∞ the network is told this σ: x_t is noise to three digits from here on, and ln ∞ is no number. */
const TOLD_AT_INFINITY = 1000;

/**
 * {@link edmPreconditioning} at time t of a path, with `skip` and `in` as factors of x_t instead of x̃ = x_t/a:
 * c_skip/a = a·s²/(b² + a²s²), c_out = b·s/√(b² + a²s²), c_in/a = 1/√(b² + a²s²). Without signal (a = 0, σ = ∞), where
 * straight paths and zero terminal SNR end, they are 0, s and 1/b; c_noise has no limit and is that of σ = 1000.
 *
 * @throws RangeError for t outside 0 < t ≤ T, or `sigmaData` not finite and > 0
 */
export function pathPreconditioning(path: GaussianPath, t: number, sigmaData = 0.5): Preconditioning {
  requirePositive("sigmaData", sigmaData);
  const { signal: a, noise: b } = levelAt(path, t);
  if (!(b > 0))
    throw new RangeError(`there is no preconditioning at t = ${t}, where x_t holds no noise: draw times above 0`);
  const total = b ** 2 + (a * sigmaData) ** 2;
  return {
    skip: (a * sigmaData ** 2) / total,
    out: (b * sigmaData) / Math.sqrt(total),
    in: 1 / Math.sqrt(total),
    noise: Math.log(a > 0 ? b / a : TOLD_AT_INFINITY) / 4,
  };
}

/** A raw network of EDM: (c_in·x̃, c_noise as [N]) → F, all at unit variance. */
export type RawNetwork = (scaled: tf.Tensor, noise: tf.Tensor1D, condition?: Condition) => tf.Tensor;

/**
 * A raw network as a denoiser: D(x̃; σ) = c_skip·x̃ + c_out·F(c_in·x̃; c_noise), on any path by x̃ = x/a, see
 * {@link pathPreconditioning}.
 *
 * Source: Karras et al. 2022 (EDM), equation 7.
 */
export function preconditioned(network: RawNetwork, path: GaussianPath, sigmaData = 0.5): Denoiser {
  requireFunction("network", network, "(scaled, noise) => F");
  requireGaussianPath(path);
  requirePositive("sigmaData", sigmaData);
  return {
    path,
    predicts: "sample",
    predict: (xt, t, condition) =>
      tf.tidy(() => {
        const times = Array.from(t.dataSync(), (time) => Math.min(time, path.T));
        const at = (time: number): Preconditioning => pathPreconditioning(path, time, sigmaData);
        const scaled = tf.mul(
          xt,
          lookUp(path, times, xt, (time) => at(time).in),
        );
        const told = tf.tensor1d(times.map((time) => at(time).noise));
        const skip = tf.mul(
          xt,
          lookUp(path, times, xt, (time) => at(time).skip),
        );
        // D = c_skip·x̃ + c_out·F
        return tf.add(
          skip,
          tf.mul(
            lookUp(path, times, xt, (time) => at(time).out),
            network(scaled, told, condition),
          ),
        );
      }),
  };
}

/**
 * What F should output: (x_0 − c_skip·x̃)/c_out; its plain mean square error is EDM's weighted loss.
 *
 * Source: Karras et al. 2022 (EDM), equation 8.
 * @param x0 clean data, [N, …]
 * @param xt x_t, same shape
 * @param t one time 0 < t ≤ T for all, or one per example
 * @throws RangeError for t outside the path or 0, unequal shapes, or values that are not finite
 */
export function preconditionedTarget(
  path: GaussianPath,
  x0: tf.Tensor,
  xt: tf.Tensor,
  t: Timestep,
  sigmaData = 0.5,
): tf.Tensor {
  requireSameShape("x0", x0, "xt", xt);
  requireFinite("x0", x0, "clean the data before it is trained on");
  requireFinite("xt", xt, "make it with qSample from finite data and noise");
  return tf.tidy(() => {
    const at = (time: number): Preconditioning => pathPreconditioning(path, time, sigmaData);
    const skip = lookUp(path, t, xt, (time) => at(time).skip);
    return tf.div(
      tf.sub(x0, tf.mul(skip, xt)),
      lookUp(path, t, xt, (time) => at(time).out),
    );
  });
}
