/** How likely a flow finds examples: exactly for points, by a bound for images of grey levels. */
import { requireTensor } from "../../runtime/tensor.js";
import { requireKnownKeys } from "../../base/check.js";
import { sizeOf } from "../../base/shape.js";
import { requireWhole } from "../../base/values.js";
import type { Compiled } from "../../compile/index.js";
import type { InvertibleNetwork } from "../../networks/index.js";
import { logMeanExp } from "../../numeric/index.js";
import { RandomStream } from "../../random/index.js";
import { interruptible } from "../../runtime/interrupt.js";
import * as tf from "../../runtime/tf.js";
import { nextTurn } from "../../runtime/turn.js";
import { requireExamples } from "../require-examples.js";
import { dequantised, greyLevels, logBinVolume, logLevelVolume } from "./dequantisation.js";

export interface FlowLikelihoodOptions {
  /** Draws k of the noise that makes grey levels real numbers, default 1. For points there is none. */
  readonly samples?: number;
  /** Of that noise, default 0; example i has its own. */
  readonly seed?: number;
  /** Examples at once, default 64. */
  readonly batchSize?: number;
  /** Ends it between two batches. */
  readonly signal?: AbortSignal;
}

/** ln p(x) by one graph. */
export type DensityGraph = Compiled<{ x: tf.Tensor }, { density: tf.Tensor }>;

/**
 * ln p(x) in nats, [N].
 *
 * Points: ln p(x) = ln N(f(x); 0, I) + ln |det ∂f/∂x|, exactly. Images of grey levels v: the probability of the levels,
 * ln P(v) ≥ ln (1/k)·Σ_j p((v + u_j)/256) − D·ln 256 with u_j uniform in [0, 1)^D, a bound that tightens with k; over
 * their width, ln p(x) = ln P(v) − D·ln (2/255), it is a density on [−1, 1]^D, of which `bitsPerDimension` makes bits.
 *
 * @param x [N, …shape]; images in [−1, 1] as a `Normaliser` makes them
 * @returns float64
 * @throws RangeError for examples of another shape, not finite or on no grey level, or an option out of range
 * Source: Dinh et al. 2017, equation 2; Theis et al. 2016, section 3.1.
 */
export async function flowLogLikelihood(
  network: InvertibleNetwork,
  graph: DensityGraph,
  x: tf.Tensor,
  options: FlowLikelihoodOptions = {},
): Promise<Float64Array> {
  requireTensor("x", x);
  requireKnownKeys("the log-likelihood of a flow", options, {
    samples: true,
    seed: "a number",
    batchSize: true,
    signal: "a signal",
  });
  const { samples = 1, seed = 0, batchSize = 64 } = options;
  requireWhole("samples", samples);
  requireWhole("batchSize", batchSize);
  const { shape, domain } = network;
  if (x.rank !== shape.length + 1 || shape.some((size, i) => x.shape[i + 1] !== size)) {
    throw new RangeError(`this flow takes examples [N, ${shape.join(", ")}], got shape [${x.shape}]`);
  }
  const size = sizeOf(shape);
  const values = (await x.data()) as Float32Array;
  requireExamples("examples", values, size);
  const levels = domain === "unit" ? greyLevels("examples", values, size) : null;
  const draws = levels ? samples : 1;

  const densities = async (first: number, count: number, draw: number): Promise<Float32Array> => {
    const from = [first * size, (first + count) * size] as const;
    const noisy = (index: number): Float32Array => {
      const own = levels!.subarray(index * size, (index + 1) * size);
      return dequantised(own, new RandomStream(seed, `dequantisation/${draw}`, index));
    };
    const numbers = levels ? new Float32Array(count * size) : values.slice(...from);
    if (levels) for (let i = 0; i < count; i++) numbers.set(noisy(first + i), i * size);
    const batch = tf.tensor(numbers, [count, ...shape]);
    const { density } = graph({ x: batch });
    try {
      return (await density.data()) as Float32Array;
    } finally {
      tf.dispose([batch, density]);
    }
  };

  return interruptible(options.signal, "the log-likelihood was interrupted", async (signal) => {
    const results = new Float64Array(x.shape[0]);
    for (let first = 0; first < results.length; first += batchSize) {
      const count = Math.min(batchSize, results.length - first);
      const all: Float32Array[] = [];
      for (let draw = 0; draw < draws; draw++) {
        signal.throwIfAborted();
        all.push(await densities(first, count, draw));
        await nextTurn();
      }
      const volume = levels ? logBinVolume(size) - logLevelVolume(size) : 0;
      for (let i = 0; i < count; i++) results[first + i] = logMeanExp(all.map((one) => one[i])) + volume;
    }
    return results;
  });
}
