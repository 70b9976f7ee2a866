/** How likely diffusion finds examples: by the probability-flow ODE, of points exactly, of digits by a bound. */
import type { GaussianPath } from "../../diffusion/index.js";
import type { NetworkDenoiser } from "../../families/index.js";
import { RandomStream } from "../../random/index.js";
import * as tf from "../../runtime/tf.js";
import { logLikelihood, type LikelihoodOptions } from "../../samplers/index.js";
import type { RunLikelihood } from "../method.js";
import type { Problem } from "../problem.js";

/** An evaluation with its gradient takes a second for so many digits, and the ODE about a hundred. */
const DIGITS = 64;
/** Grey levels 2·v/255 − 1 are so far apart. */
const LEVEL = 2 / 255;

/**
 * ln p(x) of the ODE from the first trained time on, where data has noise of σ = 0.01.
 *
 * Points: exact, with the trace by one gradient a coordinate. Digits: numbers of grey levels by uniform noise as wide as a
 * level, ln P(v) ≥ E_u ln p(x + (u − ½)·2/255) + D·ln (2/255), so that `bitsPerDimension` compares with a flow's; the
 * trace by Hutchinson's estimate with one probe of ±1 an example. Noise and probe of example i depend on i alone.
 *
 * Source: Song et al. 2021 (score SDE), sections 4.3 and D.2; Theis et al. 2016, section 3.1.
 */
export function flowLikelihood(
  kind: Problem["kind"],
  denoiserOf: () => NetworkDenoiser,
  path: GaussianPath,
): RunLikelihood {
  const integrate = (x: tf.Tensor, options?: LikelihoodOptions): Float64Array => {
    const denoiser = denoiserOf();
    try {
      const result = logLikelihood(denoiser, path, x, options);
      const values = Float64Array.from(result.logLikelihood.dataSync());
      tf.dispose([result.logLikelihood, result.latent]);
      return values;
    } finally {
      denoiser.dispose();
    }
  };
  if (kind === "points") return { of: "numbers", examples: 500, logLikelihood: async (x) => integrate(x) };
  return {
    of: "grey levels",
    examples: DIGITS,
    logLikelihood: async (x) => {
      const noise = perExample(x, "dequantisation", (u) => (u - 0.5) * LEVEL);
      const probe = perExample(x, "probe", (u) => (u < 0.5 ? -1 : 1));
      const dequantised = tf.add(x, noise);
      try {
        // It is then wrong by 0.005 bits a dimension, a tenth of what 64 digits leave open.
        return integrate(dequantised, { trace: [probe], relativeTolerance: 1e-3, absoluteTolerance: 1e-3 });
      } finally {
        tf.dispose([noise, probe, dequantised]);
      }
    },
  };
}

/** Numbers of uniform ones, of x's shape, each example from its own stream. */
function perExample(x: tf.Tensor, purpose: string, of: (uniform: number) => number): tf.Tensor {
  const [count, size] = [x.shape[0], x.size / x.shape[0]];
  const values = new Float32Array(x.size);
  for (let i = 0; i < count; i++) {
    values.set(new RandomStream(0, `compare/${purpose}`, i).uniforms(size).map(of), i * size);
  }
  return tf.tensor(values, x.shape);
}
