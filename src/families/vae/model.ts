/** A trained VAE: z from the prior, through the decoder, to an image. */
import { sizeOf } from "../../base/shape.js";
import * as tf from "../../runtime/tf.js";
import { requireKnownKeys } from "../../base/check.js";
import { requireChoice } from "../../base/values.js";
import type { ConvVae } from "../../networks/index.js";
import { RandomStream } from "../../random/index.js";
import { normalNoise } from "../../samplers/index.js";
import {
  drawBatches,
  drawRequestKeys,
  requireTemperature,
  temperatureOption,
  unconditionalNumbers,
  type DrawNumbers,
} from "../draw-batches.js";
import type { DrawOption } from "../family.js";
import type { DrawRequest, GenerativeModel } from "../model.js";
import type { TrainingRecord } from "../record.js";
import { decodedMean } from "./elbo.js";
import { importanceBound, type ImportanceBoundOptions } from "./importance-bound.js";

/** What is shown of p(x|z): its mean, or a draw from it, pixel by pixel. */
export const decodings = ["mean", "sample"] as const;
export type Decoding = (typeof decodings)[number];

export interface VaeDrawRequest extends DrawRequest {
  /** Standard deviation of z, default 1: the prior's. Less gives more usual images, and fewer kinds. */
  readonly temperature?: number;
  /** Default "mean". */
  readonly decoding?: Decoding;
}

/** {@link VaeDrawRequest}'s own options, as a command line offers them. */
export const vaeDrawOptions: Readonly<Record<string, DrawOption>> = {
  temperature: temperatureOption,
  decoding: {
    kind: "name",
    placeholder: "HOW",
    about: "mean (default) of what the decoder gives, or a sample of it, with its noise",
  },
};

const KNOWN: Record<keyof VaeDrawRequest, true> = { ...drawRequestKeys, temperature: true, decoding: true };

/** A VAE that can be drawn from and tells how likely it finds an image. */
export class VaeModel implements GenerativeModel<VaeDrawRequest> {
  readonly family = "vae";
  readonly shape: readonly [number, number, number];
  readonly conditions = {};

  /** Takes over the network: `dispose` frees it. */
  constructor(
    readonly network: ConvVae,
    readonly record?: TrainingRecord,
  ) {
    const { height, width, in_channels } = network.config;
    this.shape = [height, width, in_channels];
  }

  /**
   * Images [count, H, W, C] in [−1, 1]: z ~ N(0, temperature²·I), then the decoder. Image i depends on the seed and i alone.
   *
   * @throws RangeError for an unknown option, a condition (this model knows none), or a number out of range
   */
  async draw(request: VaeDrawRequest): Promise<tf.Tensor4D> {
    const settings = settingsOf(request);
    const images = await drawBatches("drawing from the VAE", settings, request, (first, size) =>
      this.drawBatch(first, size, settings),
    );
    return images as tf.Tensor4D;
  }

  describe(request: VaeDrawRequest): string {
    const { temperature, decoding } = settingsOf(request);
    return `${decoding} of the decoder, temperature ${temperature}`;
  }

  /**
   * A lower bound of ln p(x), [N], in nats: {@link importanceBound}.
   *
   * @param x [N, H, W, C] in [−1, 1]
   */
  logLikelihood(x: tf.Tensor, options: ImportanceBoundOptions = {}): Promise<Float64Array> {
    return importanceBound(this.network, x as tf.Tensor4D, options);
  }

  dispose(): void {
    this.network.dispose();
  }

  /** Images `first` … `first + size − 1`. */
  private drawBatch(first: number, size: number, { seed, temperature, decoding }: DrawSettings): tf.Tensor4D {
    return tf.tidy(() => {
      const noise = normalNoise(seed, { firstSample: first })(0, [size, this.network.config.latent_channels]);
      const output = this.network.decode(tf.mul(noise, temperature) as tf.Tensor2D);
      return decoding === "mean" ? decodedMean(this.network, output) : this.sampled(output, seed, first);
    });
  }

  /** x ~ p(x|z): a coin for each grey value, or the mean and noise of the learned deviation. */
  private sampled(output: tf.Tensor4D, seed: number, first: number): tf.Tensor4D {
    const [count, ...shape] = output.shape;
    const size = sizeOf(shape);
    const bernoulli = this.network.config.likelihood === "bernoulli";
    const values = new Float32Array(count * size);
    for (let i = 0; i < count; i++) {
      const stream = new RandomStream(seed, "decoder", first + i);
      values.set(bernoulli ? stream.uniforms(size) : stream.normals(size), i * size);
    }
    const random = tf.tensor4d(values, output.shape);
    if (bernoulli) return tf.sub(tf.mul(tf.cast(tf.less(random, tf.sigmoid(output)), "float32"), 2), 1) as tf.Tensor4D;
    const noise = tf.mul(random, tf.exp(this.network.gaussianLogDeviation));
    return tf.clipByValue(tf.add(output, noise), -1, 1) as tf.Tensor4D;
  }
}

type DrawSettings = DrawNumbers & Required<Pick<VaeDrawRequest, "temperature" | "decoding">>;

/** The request with its defaults. */
function settingsOf(request: VaeDrawRequest): DrawSettings {
  requireKnownKeys("the request of a VAE", request, KNOWN);
  const { decoding = "mean" } = request;
  const numbers = unconditionalNumbers("this VAE", request);
  const temperature = requireTemperature(request.temperature);
  requireChoice("decoding", decoding, decodings);
  return { ...numbers, temperature, decoding };
}
