/** Training of an autoencoder for latent diffusion: a sharp reconstruction, and latents held near N(0, I) by a light hand. */
import { described, requireKnownKeys } from "../../base/check.js";
import { sizeOf } from "../../base/shape.js";
import { requireNotNegative, requireWhole } from "../../base/values.js";
import { AutoencoderKL, latentKl, reparameterise } from "../../networks/index.js";
import { RandomStream } from "../../random/index.js";
import * as tf from "../../runtime/tf.js";
import { ShuffledOrder, type TrainingPhase, type TrainingTask } from "../../training/index.js";
import { requireBatchOf } from "../require-examples.js";
import { requirePictures, type PictureSource } from "./pictures.js";

/** Weight of the KL term over the steps. */
export interface KlWeight {
  /** At first, default 1e-4: latents of a sane size before they are useful. */
  readonly first: number;
  /** From step `until` on, default 1e-6; in between it falls geometrically. */
  readonly last: number;
  /** Steps. */
  readonly until: number;
}

export interface AutoencoderTaskOptions {
  readonly network: AutoencoderKL;
  /** Pictures to learn: `new CaptionedDigits(…)`, or `picturesOf(data, shape)`. */
  readonly pictures: PictureSource;
  /** A number, or one that falls: default 1e-6 throughout. */
  readonly klWeight?: number | KlWeight;
  /** Default 64. */
  readonly batchSize?: number;
  /** Default 0. */
  readonly seed?: number;
}

/** Pictures [N, H, W, C], noise of one latent draw each [N, h, w, latent_channels], and the weight of the KL term. */
export type AutoencoderBatch = { readonly x: tf.Tensor4D; readonly noise: tf.Tensor4D; readonly klWeight: tf.Scalar };

/**
 * The loss mean|y − x| + mean(y − x)² + w·KL/d, with y the image of one draw of the d latents of x. The mean goes over all
 * numbers of the pictures, and KL is in nats: w is so light that latents keep what the image needs. Reports tell the
 * terms: `absolute`, `squared`, and `kl` in nats a latent number.
 *
 * @throws TypeError for what is no autoencoder or source; RangeError if the pictures do not fit it or are fewer than a
 *   batch, or an option is unknown or out of range
 *
 * Source: Rombach et al. 2022, appendix G, without its perceptual and adversarial terms.
 */
export class AutoencoderTask implements TrainingTask<AutoencoderBatch> {
  readonly batchSize: number;
  readonly phases: readonly TrainingPhase<AutoencoderBatch>[];
  private readonly klWeight: KlWeight;
  private readonly seed: number;
  private readonly order: ShuffledOrder | undefined;
  private readonly latents: readonly [number, number, number];

  constructor(private readonly options: AutoencoderTaskOptions) {
    const known = { network: true, pictures: true, klWeight: true, batchSize: true, seed: "a number" } as const;
    requireKnownKeys("AutoencoderTask", options, known);
    const { network, pictures, klWeight = 1e-6, batchSize = 64, seed = 0 } = options;
    if (!(network instanceof AutoencoderKL)) {
      throw new TypeError(`network must be an AutoencoderKL, got ${described(network)}`);
    }
    const { in_channels, out_channels, latent_channels } = network.config;
    requirePictures(pictures, in_channels);
    if (in_channels !== out_channels) {
      throw new RangeError(`an autoencoder of ${in_channels} channels gives ${out_channels}: it cannot copy its input`);
    }
    const [height, width] = pictures.shape;
    if (height % network.factor !== 0 || width % network.factor !== 0) {
      throw new RangeError(`pictures of ${height} × ${width} do not divide into latents of ${network.factor} pixels`);
    }
    this.klWeight = requireKlWeight(klWeight);
    requireWhole("batchSize", batchSize);
    this.batchSize = batchSize;
    this.seed = seed;
    this.latents = [height / network.factor, width / network.factor, latent_channels];
    if (pictures.count !== undefined) {
      requireBatchOf(pictures.count, batchSize);
      this.order = new ShuffledOrder(pictures.count, seed);
    }
    this.phases = [{ name: "autoencoder", trains: network.parameters, loss: (batch) => this.loss(batch) }];
  }

  batch(step: number): AutoencoderBatch {
    const { pictures } = this.options;
    const n = this.batchSize;
    const numbers = this.order?.indices(step, n) ?? Array.from({ length: n }, (_, i) => (step - 1) * n + i);
    // ε ~ N(0, I)
    const noise = new RandomStream(this.seed, "noise", step).normals(n * sizeOf(this.latents));
    return {
      x: tf.tensor4d(pictures.pictures(numbers), [n, ...(pictures.shape as [number, number, number])]),
      noise: tf.tensor4d(noise, [n, ...this.latents]),
      klWeight: tf.scalar(klWeightAt(this.klWeight, step)),
    };
  }

  private loss({ x, noise, klWeight }: AutoencoderBatch): ReturnType<TrainingPhase<AutoencoderBatch>["loss"]> {
    const { network } = this.options;
    const posterior = network.encode(x);
    const difference = tf.sub(network.decode(reparameterise(posterior, noise)), x);
    const absolute = tf.mean(tf.abs(difference)) as tf.Scalar;
    const squared = tf.mean(tf.square(difference)) as tf.Scalar;
    const kl = tf.div(tf.mean(latentKl(posterior)), sizeOf(this.latents)) as tf.Scalar;
    const loss = tf.add(tf.add(absolute, squared), tf.mul(kl, klWeight)) as tf.Scalar;
    return { loss, metrics: { absolute, squared, kl } };
  }
}

/** w at a step: first·(last/first)^(step/until), then last. */
function klWeightAt({ first, last, until }: KlWeight, step: number): number {
  return step >= until ? last : first * (last / first) ** (step / until);
}

function requireKlWeight(weight: number | KlWeight): KlWeight {
  if (typeof weight === "number") {
    requireNotNegative("klWeight", weight);
    return { first: weight, last: weight, until: 0 };
  }
  requireKnownKeys("klWeight", weight, { first: true, last: true, until: true });
  const { first, last, until } = weight;
  for (const [key, value] of Object.entries({ first, last })) {
    if (!(Number.isFinite(value) && value > 0)) {
      throw new RangeError(`klWeight.${key} must be a positive number, got ${value}: a constant weight may be 0`);
    }
  }
  requireNotNegative("klWeight.until", until);
  return weight;
}
