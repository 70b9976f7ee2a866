/** Pictures as the posteriors of their latents, encoded when they are first asked for. */
import { requireWhole } from "../../base/values.js";
import { compile, type Compiled } from "../../compile/index.js";
import { RandomStream } from "../../random/index.js";
import * as tf from "../../runtime/tf.js";
import type { LatentAutoencoder } from "./parts.js";

/** The pictures of these numbers, [N, …shape] flat in [−1, 1]. */
export type PicturesOf = (indices: ArrayLike<number>) => Float32Array;

export interface LatentTableOptions {
  readonly vae: LatentAutoencoder;
  readonly pictures: PicturesOf;
  /** How many pictures there are. */
  readonly count: number;
  /** Height and width of a picture. */
  readonly size: readonly [number, number];
  /** Pictures encoded at once; each batch of this size runs as one graph. */
  readonly batchSize: number;
}

/**
 * Mean and deviation of the latents of `count` pictures. A picture is encoded once, at the first batch that needs it; its
 * latents are then drawn anew at each step, z = μ + σ·ε, as the U-Net sees them. Two floats a latent number: 100 000
 * pictures of 8 × 8 × 4 latents are 205 MB.
 */
export class LatentTable {
  /** Of one picture's latents, [h, w, C]. */
  readonly shape: readonly [number, number, number];
  private readonly size: number;
  private readonly moments: Float32Array;
  private readonly there: Uint8Array;
  private readonly encoder: Compiled<{ x: tf.Tensor4D }, { moments: tf.Tensor }>;

  /** @throws RangeError for a number that is not whole, or a picture that the autoencoder cannot halve */
  constructor(private readonly options: LatentTableOptions) {
    const { vae, count, size, batchSize } = options;
    requireWhole("count", count);
    requireWhole("batchSize", batchSize);
    const [height, width] = size.map((side) => side / vae.factor);
    if (!Number.isInteger(height) || !Number.isInteger(width)) {
      throw new RangeError(`pictures of ${size.join(" × ")} do not divide by ${vae.factor}, the autoencoder's factor`);
    }
    this.shape = [height, width, vae.config.latent_channels];
    this.size = this.shape.reduce((product, length) => product * length, 1);
    this.moments = new Float32Array(count * 2 * this.size);
    this.there = new Uint8Array(count);
    this.encoder = compile(
      ({ x }: { x: tf.Tensor4D }) => {
        const { mean, logVariance } = vae.encode(x);
        return {
          moments: tf.concat(
            [tf.reshape(mean, [batchSize, -1]), tf.exp(tf.div(tf.reshape(logVariance, [batchSize, -1]), 2))],
            1,
          ),
        };
      },
      { name: "encoder of the pictures", captures: vae.parameters.tensors, frozen: true },
    );
  }

  /**
   * Latents of these pictures as the U-Net sees them, [N, h, w, C]: which ε is drawn depends on seed and step alone.
   * The caller disposes them.
   */
  draw(indices: Int32Array, { seed, step }: { readonly seed: number; readonly step: number }): tf.Tensor4D {
    this.encodeMissing(indices);
    const { size, moments } = this;
    const noise = new RandomStream(seed, "posterior", step).normals(indices.length * size);
    const drawn = new Float32Array(indices.length * size);
    indices.forEach((index, i) => {
      const at = index * 2 * size;
      for (let k = 0; k < size; k++) {
        // z = μ + σ·ε
        drawn[i * size + k] = moments[at + k] + moments[at + size + k] * noise[i * size + k];
      }
    });
    return tf.tidy(() => this.options.vae.scaleLatents(tf.tensor(drawn, [indices.length, ...this.shape])));
  }

  /** Frees the encoder's graph; the autoencoder stays. */
  dispose(): void {
    this.encoder.dispose();
  }

  private encodeMissing(indices: Int32Array): void {
    const missing = [...new Set(indices)].filter((index) => this.there[index] === 0);
    const { batchSize } = this.options;
    for (let first = 0; first < missing.length; first += batchSize)
      this.encode(missing.slice(first, first + batchSize));
  }

  private encode(indices: readonly number[]): void {
    const { pictures, batchSize, size, vae } = this.options;
    // A graph is made for one size of batch: the last picture fills it.
    const filled = Array.from({ length: batchSize }, (_, i) => indices[Math.min(i, indices.length - 1)]);
    const moments = tf.tidy(() => {
      const x = tf.tensor(pictures(filled), [batchSize, ...size, vae.config.in_channels]) as tf.Tensor4D;
      return this.encoder({ x }).moments.dataSync() as Float32Array;
    });
    const width = 2 * this.size;
    indices.forEach((index, i) => {
      this.moments.set(moments.subarray(i * width, (i + 1) * width), index * width);
      this.there[index] = 1;
    });
  }
}
