/** How large an autoencoder's latents are, which decides how they are scaled for a diffusion model. */
import { requireKnownKeys } from "../../base/check.js";
import { requireWhole, requireLike } from "../../base/values.js";
import { compile } from "../../compile/index.js";
import type { AutoencoderKL } from "../../networks/index.js";
import { interruptible } from "../../runtime/interrupt.js";
import * as tf from "../../runtime/tf.js";
import { nextTurn } from "../../runtime/turn.js";
import { requirePictures, type PictureSource } from "./pictures.js";

export interface LatentSizeOptions {
  /** Pictures 0 … count − 1, default 10 000, or all of a source that has fewer. */
  readonly count?: number;
  /** Encoded at once, default 100. */
  readonly batchSize?: number;
  /** Ends it between two batches. */
  readonly signal?: AbortSignal;
  /** Called with the share done, 0 … 1. */
  readonly onProgress?: (done: number) => void;
}

/** Mean and standard deviation of all numbers of the latents z ~ q(z|x). */
export interface LatentSize {
  readonly mean: number;
  readonly deviation: number;
}

/**
 * Mean and standard deviation of latents z ~ q(z|x) over pictures, channels and places together, in closed form for the
 * draw: E z = E μ and E z² = E (μ² + σ²). Latents times 1/deviation have unit deviation: that is `scaling_factor`.
 *
 * @throws RangeError if the pictures do not fit the autoencoder, or an option is unknown or out of range
 *
 * Source: Rombach et al. 2022, appendix G, "σ̂² = 1/bchw·Σ (z − μ̂)²".
 */
export async function latentSize(
  network: AutoencoderKL,
  pictures: PictureSource,
  options: LatentSizeOptions = {},
): Promise<LatentSize> {
  requireLike("network", network, ["encode", "decode", "factor"], "new AutoencoderKL(…)");
  const known = { count: true, batchSize: true, signal: "a signal", onProgress: "a function" } as const;
  requireKnownKeys("latentSize", options, known);
  const { count: asked = 10_000, batchSize = 100 } = options;
  requireWhole("count", asked);
  requireWhole("batchSize", batchSize);
  requirePictures(pictures, network.config.in_channels);
  const count = Math.min(asked, pictures.count ?? Infinity);
  const moments = compile(
    ({ x }: { x: tf.Tensor4D }) => {
      const { mean, logVariance } = network.encode(x);
      // Of each number of the batch; summed in float64 below.
      return {
        first: tf.mean(mean, [1, 2, 3]),
        second: tf.mean(tf.add(tf.square(mean), tf.exp(logVariance)), [1, 2, 3]),
      };
    },
    { name: "moments of the latents", captures: network.parameters.tensors, frozen: true },
  );
  try {
    return await interruptible(options.signal, "measuring the latents was interrupted", async (signal) => {
      let [first, second] = [0, 0];
      for (let begin = 0; begin < count; begin += batchSize) {
        signal.throwIfAborted();
        const size = Math.min(batchSize, count - begin);
        const numbers = Array.from({ length: size }, (_, i) => begin + i);
        const found = tf.tidy(() => {
          const shape = [size, ...pictures.shape] as [number, number, number, number];
          const { first, second } = moments({ x: tf.tensor4d(pictures.pictures(numbers), shape) });
          return [first, second].map((sums) =>
            (sums.dataSync() as Float32Array).reduce((sum, value) => sum + value, 0),
          );
        });
        [first, second] = [first + found[0], second + found[1]];
        options.onProgress?.((begin + size) / count);
        await nextTurn();
      }
      const mean = first / count;
      return { mean, deviation: Math.sqrt(second / count - mean * mean) };
    });
  } finally {
    moments.dispose();
  }
}
