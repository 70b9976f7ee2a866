import { checkFinite } from "../finite.js";
import * as tf from "../tf.js";
import { checkSameShape, lookUp } from "./coefficients.js";
import type { Condition, Denoiser } from "./denoiser.js";
import { noiseLevel, type GaussianPath } from "./path.js";

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
 */
export function edmPreconditioning(sigma: number, sigmaData = 0.5): Preconditioning {
  if (!(sigma > 0 && sigmaData > 0))
    throw new RangeError(`sigma and sigmaData must be > 0, got ${sigma} and ${sigmaData}`);
  const total = sigma ** 2 + sigmaData ** 2;
  return {
    skip: sigmaData ** 2 / total,
    out: (sigma * sigmaData) / Math.sqrt(total),
    in: 1 / Math.sqrt(total),
    noise: Math.log(sigma) / 4,
  };
}

/** A raw network of EDM: (c_in·x̃, c_noise as [N]) → F, all at unit variance. */
export type RawNetwork = (scaled: tf.Tensor, noise: tf.Tensor1D, condition?: Condition) => tf.Tensor;

/**
 * A raw network as a denoiser: D(x̃; σ) = c_skip·x̃ + c_out·F(c_in·x̃; c_noise), on any path by x̃ = x/a.
 *
 * Source: Karras et al. 2022 (EDM), equation 7.
 */
export function preconditioned(network: RawNetwork, path: GaussianPath, sigmaData = 0.5): Denoiser {
  return {
    predicts: "sample",
    predict: (xt, t, condition) =>
      tf.tidy(() => {
        const times = Array.from(t.dataSync(), (time) => Math.min(time, path.T));
        const at = (time: number): Preconditioning => edmPreconditioning(noiseLevel(path, time), sigmaData);
        const scaled = tf.mul(
          xt,
          lookUp(path, times, xt, (time) => at(time).in / path.signal(time)),
        );
        const told = tf.tensor1d(times.map((time) => at(time).noise));
        const skip = tf.mul(
          xt,
          lookUp(path, times, xt, (time) => at(time).skip / path.signal(time)),
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

/** What F should output: (x_0 − c_skip·x̃)/c_out; its plain mean square error is EDM's weighted loss. Source: equation 8. */
export function preconditionedTarget(
  path: GaussianPath,
  x0: tf.Tensor,
  xt: tf.Tensor,
  t: readonly number[] | Float32Array,
  sigmaData = 0.5,
): tf.Tensor {
  checkSameShape("x0", x0, "xt", xt);
  checkFinite("x0", x0, "clean the data before it is trained on");
  checkFinite("xt", xt, "make it with qSample from finite data and noise");
  return tf.tidy(() => {
    const at = (time: number): Preconditioning => edmPreconditioning(noiseLevel(path, time), sigmaData);
    const skip = lookUp(path, t, xt, (time) => at(time).skip / path.signal(time));
    return tf.div(
      tf.sub(x0, tf.mul(skip, xt)),
      lookUp(path, t, xt, (time) => at(time).out),
    );
  });
}
