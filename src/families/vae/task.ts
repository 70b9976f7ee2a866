/** Training of a VAE: descends along −ELBO, with β on the KL term. */
import * as tf from "../../runtime/tf.js";
import { described, requireKnownKeys } from "../../base/check.js";
import { sizeOf } from "../../base/shape.js";
import { requireNotNegative, requireWhole } from "../../base/values.js";
import type { VaeNetwork } from "../../networks/index.js";
import { RandomStream } from "../../random/index.js";
import { ShuffledOrder, type TrainingPhase, type TrainingTask } from "../../training/index.js";
import { requireBatchOf, requireExamples, requireFloats } from "../require-examples.js";
import { boundTerms } from "./elbo.js";

export interface VaeTaskOptions {
  /** {@link ConvVae} for images, {@link MlpVae} for points. */
  readonly network: VaeNetwork;
  /** Training examples, [count, …shape] flat; images, and all that has a Bernoulli likelihood, in [−1, 1]. */
  readonly data: Float32Array;
  /** Weight β of the KL term, default 1: the bound itself. Source: Higgins et al. 2017, equation 4. */
  readonly beta?: number;
  /** Default 64. */
  readonly batchSize?: number;
  /** Default 0. */
  readonly seed?: number;
}

/** One batch: examples [N, …shape] and the noise of one latent draw each, [N, latent_channels]. */
export type VaeBatch = { readonly x: tf.Tensor; readonly noise: tf.Tensor2D };

/**
 * −ELBO of a batch, in nats a number (of an image a pixel and channel) so that one learning rate suits all sizes. Reports tell the terms in nats
 * an example: `elbo`, `reconstruction` and `kl`, all without β.
 *
 * @throws RangeError if the data does not divide into the network's examples, holds NaN, fewer examples than a batch or, of images,
 *   a value outside [−1, 1], or an option is unknown or out of range
 */
export class VaeTask implements TrainingTask<VaeBatch> {
  readonly batchSize: number;
  readonly phases: readonly TrainingPhase<VaeBatch>[];
  private readonly order: ShuffledOrder;
  private readonly shape: readonly number[];
  private readonly size: number;
  private readonly seed: number;
  private readonly beta: number;

  constructor(private readonly options: VaeTaskOptions) {
    requireKnownKeys("VaeTask", options, { network: true, data: true, beta: true, batchSize: true, seed: "a number" });
    const { network, data, beta = 1, batchSize = 64, seed = 0 } = options;
    if (typeof network?.encode !== "function") {
      throw new TypeError(`network must be a VAE, such as a ConvVae, got ${described(network)}`);
    }
    requireFloats("data", data);
    this.shape = network.shape;
    this.size = sizeOf(this.shape);
    const count = data.length / this.size;
    if (!Number.isInteger(count) || count < 1) {
      throw new RangeError(`${data.length} numbers are no whole count of examples of shape [${this.shape}]`);
    }
    requireExamples("data", data, this.size);
    if (this.shape.length === 3 || network.config.likelihood === "bernoulli") requireGrey(data, this.size);
    requireNotNegative("beta", beta);
    requireWhole("batchSize", batchSize);
    requireBatchOf(count, batchSize);
    this.batchSize = batchSize;
    this.seed = seed;
    this.beta = beta;
    this.order = new ShuffledOrder(count, seed);
    this.phases = [{ name: "vae", trains: network.parameters, loss: (batch) => this.loss(batch) }];
  }

  batch(step: number): VaeBatch {
    const { data, network } = this.options;
    const { batchSize: n, size } = this;
    const values = new Float32Array(n * size);
    this.order
      .indices(step, n)
      .forEach((index, i) => values.set(data.subarray(index * size, (index + 1) * size), i * size));
    const { latent_channels } = network.config;
    // ε ~ N(0, I)
    const noise = new RandomStream(this.seed, "noise", step).normals(n * latent_channels);
    return {
      x: tf.tensor(values, [n, ...this.shape]),
      noise: tf.tensor2d(noise, [n, latent_channels]),
    };
  }

  /** −(reconstruction − β·KL)/D with D numbers an example, and the terms themselves. */
  private loss({ x, noise }: VaeBatch): ReturnType<TrainingPhase<VaeBatch>["loss"]> {
    const terms = boundTerms(this.options.network, x, noise);
    const reconstruction = tf.mean(terms.reconstruction) as tf.Scalar;
    const kl = tf.mean(terms.kl) as tf.Scalar;
    const loss = tf.div(tf.sub(tf.mul(kl, this.beta), reconstruction), this.size) as tf.Scalar;
    const elbo = tf.sub(reconstruction, kl) as tf.Scalar;
    return { loss, metrics: { elbo, reconstruction, kl } };
  }
}

/** @throws RangeError naming the first example with a value outside [−1, 1] */
function requireGrey(data: Float32Array, size: number): void {
  const outside = data.findIndex((value) => value < -1 || value > 1);
  if (outside < 0) return;
  throw new RangeError(
    `example ${Math.floor(outside / size)} of the data holds ${data[outside]}: images lie in [−1, 1], as a Normaliser ` +
      "makes them, and so do values of a Bernoulli likelihood",
  );
}
