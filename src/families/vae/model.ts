/** A trained VAE: z from the prior, through the decoder, to an example. */
import { requireKind } from "../../base/kinds.js";
import { requireVae } from "../../networks/vae/vae-network.js";
import { sizeOf } from "../../base/shape.js";
import * as tf from "../../runtime/tf.js";
import { requireKnownKeys, type OptionRule } from "../../base/check.js";
import { requireChoice } from "../../base/values.js";
import { compile, type Compiled } from "../../compile/index.js";
import type { VaeNetwork } from "../../networks/index.js";
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
import { decodedMean, decodedSample } from "./elbo.js";
import { importanceBoundBy, weightsGraph, type ImportanceBoundOptions, type WeightsGraph } from "./importance-bound.js";

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

const KNOWN: Record<keyof VaeDrawRequest, OptionRule> = { ...drawRequestKeys, temperature: true, decoding: true };

type DecoderInputs = { z: tf.Tensor2D; temperature: tf.Scalar; random?: tf.Tensor };

/** A VAE that can be drawn from and tells how likely it finds an example. Both run as one recorded graph a shape. */
export class VaeModel implements GenerativeModel<VaeDrawRequest> {
  readonly family = "vae";
  readonly shape: readonly number[];
  readonly conditions = {};
  readonly likelihoodOf = "numbers";
  private readonly decoder: Compiled<DecoderInputs, { x: tf.Tensor }>;
  private readonly weights: WeightsGraph;

  /** Takes over the network: `dispose` frees it. */
  constructor(
    readonly network: VaeNetwork,
    readonly record?: TrainingRecord,
  ) {
    if (record !== undefined) requireKind("record", record, "an object");
    requireVae(network);
    this.shape = network.shape;
    this.weights = weightsGraph(network);
    this.decoder = compile(
      ({ z, temperature, random }: DecoderInputs) => {
        const output = network.decode(tf.mul(z, temperature) as tf.Tensor2D);
        return { x: random ? decodedSample(network, output, random) : decodedMean(network, output) };
      },
      { name: "decoder of the VAE", captures: network.parameters.tensors, frozen: true },
    );
  }

  /**
   * Examples [count, …shape], images in [−1, 1]: z ~ N(0, temperature²·I), then the decoder. Example i depends on the seed
   * and i alone.
   *
   * @throws RangeError for an unknown option, a condition (this model knows none), or a number out of range
   */
  async draw(request: VaeDrawRequest): Promise<tf.Tensor> {
    const settings = settingsOf(request);
    const { seed, temperature, decoding } = settings;
    const { latent_channels } = this.network.config;
    return drawBatches("drawing from the VAE", settings, request, (first, size) =>
      tf.tidy(() => {
        const z = normalNoise(seed, { firstSample: first })(0, [size, latent_channels]) as tf.Tensor2D;
        const random = decoding === "sample" ? { random: this.decoderNoise(seed, first, size) } : {};
        return this.decoder({ z, temperature: tf.scalar(temperature), ...random }).x;
      }),
    );
  }

  describe(request: VaeDrawRequest): string {
    const { temperature, decoding } = settingsOf(request);
    return `${decoding} of the decoder, temperature ${temperature}`;
  }

  /**
   * A lower bound of ln p(x), [N], in nats: {@link importanceBound}.
   *
   * @param x [N, …shape]; images in [−1, 1]
   */
  logLikelihood(x: tf.Tensor, options: ImportanceBoundOptions = {}): Promise<Float64Array> {
    return importanceBoundBy(this.weights, this.network, x, options);
  }

  dispose(): void {
    this.decoder.dispose();
    this.weights.dispose();
    this.network.dispose();
  }

  /** What {@link decodedSample} needs, each example from its own stream. */
  private decoderNoise(seed: number, first: number, count: number): tf.Tensor {
    const size = sizeOf(this.shape);
    const bernoulli = this.network.config.likelihood === "bernoulli";
    const values = new Float32Array(count * size);
    for (let i = 0; i < count; i++) {
      const stream = new RandomStream(seed, "decoder", first + i);
      values.set(bernoulli ? stream.uniforms(size) : stream.normals(size), i * size);
    }
    return tf.tensor(values, [count, ...this.shape]);
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
