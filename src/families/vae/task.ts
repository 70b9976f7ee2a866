/** Training of a VAE: descends along −ELBO, with β on the KL term. */
import * as tf from "../../runtime/tf.js";
import { requireKnownKeys } from "../../base/check.js";
import type { ConvVae } from "../../networks/index.js";
import { RandomStream } from "../../random/index.js";
import { ShuffledOrder, type TrainingPhase, type TrainingTask } from "../../training/index.js";
import { requireExamples } from "../require-examples.js";
import { boundTerms } from "./elbo.js";

export interface VaeTaskOptions {
  readonly network: ConvVae;
  /** Training images, [count, H, W, C] flat, in [−1, 1]. */
  readonly data: Float32Array;
  /** Weight β of the KL term, default 1: the bound itself. Source: Higgins et al. 2017, equation 4. */
  readonly beta?: number;
  /** Default 64. */
  readonly batchSize?: number;
  /** Default 0. */
  readonly seed?: number;
}

/** One batch: images [N, H, W, C] and the noise of one latent draw each, [N, latent_channels]. */
export type VaeBatch = { readonly x: tf.Tensor4D; readonly noise: tf.Tensor2D };

/**
 * −ELBO of a batch, in nats a pixel and channel so that one learning rate suits all sizes. Reports tell the terms in nats
 * an example: `elbo`, `reconstruction` and `kl`, all without β.
 *
 * @throws RangeError if the data does not divide into the network's images or holds a value outside [−1, 1], or an option
 *   is unknown or out of range
 */
export class VaeTask implements TrainingTask<VaeBatch> {
  readonly batchSize: number;
  readonly phases: readonly TrainingPhase<VaeBatch>[];
  private readonly order: ShuffledOrder;
  private readonly shape: readonly [number, number, number];
  private readonly size: number;
  private readonly seed: number;
  private readonly beta: number;

  constructor(private readonly options: VaeTaskOptions) {
    requireKnownKeys("VaeTask", options, { network: true, data: true, beta: true, batchSize: true, seed: true });
    const { network, data, beta = 1, batchSize = 64, seed = 0 } = options;
    const { height, width, in_channels } = network.config;
    this.shape = [height, width, in_channels];
    this.size = height * width * in_channels;
    const count = data.length / this.size;
    if (!Number.isInteger(count) || count < 1) {
      throw new RangeError(`${data.length} numbers are no whole count of images of shape [${this.shape}]`);
    }
    requireExamples("data", data, this.size);
    const outside = data.findIndex((value) => value < -1 || value > 1);
    if (outside >= 0) {
      throw new RangeError(
        `example ${Math.floor(outside / this.size)} of the data holds ${data[outside]}: images lie in [−1, 1], as a Normaliser makes them`,
      );
    }
    if (!(beta >= 0) || !Number.isFinite(beta)) throw new RangeError(`beta must be finite and ≥ 0, got ${beta}`);
    if (!Number.isInteger(batchSize) || batchSize < 1) {
      throw new RangeError(`batchSize must be a positive whole number, got ${batchSize}`);
    }
    this.batchSize = batchSize;
    this.seed = seed;
    this.beta = beta;
    this.order = new ShuffledOrder(count, seed);
    this.phases = [{ name: "vae", trains: network.parameters, loss: (batch) => this.loss(batch) }];
  }

  batch(step: number): VaeBatch {
    const { data, network } = this.options;
    const { batchSize: n, size } = this;
    const images = new Float32Array(n * size);
    this.order
      .indices(step, n)
      .forEach((index, i) => images.set(data.subarray(index * size, (index + 1) * size), i * size));
    const { latent_channels } = network.config;
    // ε ~ N(0, I)
    const noise = new RandomStream(this.seed, "noise", step).normals(n * latent_channels);
    return {
      x: tf.tensor4d(images, [n, ...this.shape]),
      noise: tf.tensor2d(noise, [n, latent_channels]),
    };
  }

  /** −(reconstruction − β·KL)/D with D numbers an image, and the terms themselves. */
  private loss({ x, noise }: VaeBatch): ReturnType<TrainingPhase<VaeBatch>["loss"]> {
    const terms = boundTerms(this.options.network, x, noise);
    const reconstruction = tf.mean(terms.reconstruction) as tf.Scalar;
    const kl = tf.mean(terms.kl) as tf.Scalar;
    const loss = tf.div(tf.sub(tf.mul(kl, this.beta), reconstruction), this.size) as tf.Scalar;
    const elbo = tf.sub(reconstruction, kl) as tf.Scalar;
    return { loss, metrics: { elbo, reconstruction, kl } };
  }
}
