/** A trained autoencoder as a model: what is left of pictures, and what its decoder makes of noise. */
import { requireShape } from "../../base/shape.js";
import { requireKind } from "../../base/kinds.js";
import { requireKnownKeys, type OptionRule } from "../../base/check.js";
import { requireChoice, requireLike, requireWhole } from "../../base/values.js";
import { compile, type Compiled } from "../../compile/index.js";
import type { AutoencoderKL } from "../../networks/index.js";
import * as tf from "../../runtime/tf.js";
import { normalNoise } from "../../samplers/index.js";
import { drawBatches, drawRequestKeys, unconditionalNumbers, type DrawNumbers } from "../draw-batches.js";
import type { DrawOption } from "../family.js";
import type { DrawRequest, GenerativeModel } from "../model.js";
import type { TrainingRecord } from "../record.js";
import { requirePictures, type PictureSource } from "./pictures.js";

/** Whose latents are decoded: those of pictures, or noise of their size. */
export const latentOrigins = ["pictures", "noise"] as const;
export type LatentOrigin = (typeof latentOrigins)[number];

export interface AutoencoderDrawRequest extends DrawRequest {
  /** Default "pictures" for a model that knows some, else "noise". */
  readonly latents?: LatentOrigin;
}

/** {@link AutoencoderDrawRequest}'s own options, as a command line offers them. */
export const autoencoderDrawOptions: Readonly<Record<string, DrawOption>> = {
  latents: {
    kind: "name",
    placeholder: "WHOSE",
    about:
      "of an autoencoder: of pictures (default), which shows what is left of them, or\nnoise, which no diffusion model has made latents of",
  },
};

const KNOWN: Record<keyof AutoencoderDrawRequest, OptionRule> = { ...drawRequestKeys, latents: true };

/** What a model is made with besides its network. */
export interface AutoencoderModelParts {
  readonly record?: TrainingRecord;
  /** Pictures of the kind it was trained on, other than those: what {@link AutoencoderModel.draw} reconstructs. */
  readonly pictures?: PictureSource;
  /** Name of the pictures of this repository that it was trained on, if it was on those. */
  readonly trainedOn?: string;
  /** Height and width of what is drawn; default those of the pictures, or `sample_size`. */
  readonly size?: readonly [number, number];
}

/**
 * An autoencoder for latent diffusion. By itself it makes no new pictures: its latents are not N(0, I), and a diffusion
 * model has to learn them.
 */
export class AutoencoderModel implements GenerativeModel<AutoencoderDrawRequest> {
  readonly family = "autoencoder";
  readonly shape: readonly [number, number, number];
  readonly conditions = {};
  readonly record?: TrainingRecord;
  readonly pictures?: PictureSource;
  readonly trainedOn?: string;
  private readonly decoder: Compiled<{ z: tf.Tensor4D }, { x: tf.Tensor }>;
  private readonly copier: Compiled<{ x: tf.Tensor4D }, { copy: tf.Tensor }>;

  /**
   * Takes over the network: `dispose` frees it.
   *
   * @throws RangeError if the pictures have other channels than the network
   */
  constructor(
    readonly network: AutoencoderKL,
    parts: AutoencoderModelParts = {},
  ) {
    requireLike("network", network, ["encode", "decode", "factor"], "new AutoencoderKL(…)");
    requireKnownKeys("AutoencoderModel", parts, {
      record: "an object",
      pictures: "an object",
      trainedOn: "a text",
      size: "a list",
    });
    const { pictures, record } = parts;
    const { sample_size: side, in_channels, out_channels } = network.config;
    if (pictures) requirePictures(pictures, in_channels);
    this.pictures = pictures;
    this.record = record;
    this.trainedOn = parts.trainedOn;
    if (parts.size !== undefined) requireShape(parts.size);
    const trained = typeof side === "number" ? ([side, side] as const) : side;
    const [height, width] = parts.size ?? pictures?.shape ?? trained;
    this.shape = [height, width, out_channels];
    const captures = network.parameters.tensors;
    const bounded = (x: tf.Tensor): tf.Tensor => tf.clipByValue(x, -1, 1);
    this.decoder = compile(({ z }: { z: tf.Tensor4D }) => ({ x: bounded(network.decode(network.unscaleLatents(z))) }), {
      name: "decoder of the autoencoder",
      captures,
      frozen: true,
    });
    this.copier = compile(({ x }: { x: tf.Tensor4D }) => ({ copy: bounded(network.apply(x)) }), {
      name: "autoencoder",
      captures,
      frozen: true,
    });
  }

  /**
   * What is left of pictures [N, H, W, C] in [−1, 1]: the image of the mean of their latents, within [−1, 1].
   *
   * @throws RangeError for pictures of other channels, or smaller than one latent
   */
  reconstruct(x: tf.Tensor4D): tf.Tensor4D {
    return this.copier({ x }).copy as tf.Tensor4D;
  }

  /**
   * Pictures [count, …shape] within [−1, 1]. With latents "pictures", reconstructions of those of the model from number
   * `seed`·2¹⁶ on; with "noise", what the decoder makes of N(0, I) of the latents' size.
   *
   * @throws RangeError for an unknown option, a condition (this model knows none), or "pictures" where it has none
   */
  async draw(request: AutoencoderDrawRequest): Promise<tf.Tensor> {
    const settings = this.settingsOf(request);
    const { factor, config } = this.network;
    const [height, width] = this.shape;
    return drawBatches("drawing from the autoencoder", settings, request, (first, size) =>
      tf.tidy(() => {
        if (settings.latents === "pictures") return this.reconstruct(this.originals(settings.seed, first, size));
        const grid = [size, Math.floor(height / factor), Math.floor(width / factor), config.latent_channels];
        return this.decoder({ z: normalNoise(settings.seed, { firstSample: first })(0, grid) as tf.Tensor4D }).x;
      }),
    );
  }

  /** The pictures that {@link draw} reconstructs, [count, …shape]: numbers `first` … of this seed. */
  originals(seed: number, first: number, count: number): tf.Tensor4D {
    requireKind("first", first, "a number");
    requireKind("seed", seed, "a number");
    requireWhole("count", count);
    const { pictures } = this;
    if (!pictures) throw new RangeError('this autoencoder knows no pictures to reconstruct: draw of latents "noise"');
    const all = pictures.count ?? 2 ** 32;
    const numbers = Array.from({ length: count }, (_, i) => (seed * 2 ** 16 + first + i) % all);
    return tf.tensor4d(pictures.pictures(numbers), [count, ...(pictures.shape as [number, number, number])]);
  }

  describe(request: AutoencoderDrawRequest): string {
    const { latents } = this.settingsOf(request);
    return latents === "pictures" ? "what the autoencoder keeps of pictures" : "the decoder's image of noise";
  }

  dispose(): void {
    this.decoder.dispose();
    this.copier.dispose();
    this.network.dispose();
  }

  /** The request with its defaults. */
  private settingsOf(request: AutoencoderDrawRequest): DrawNumbers & { readonly latents: LatentOrigin } {
    requireKnownKeys("the request of an autoencoder", request, KNOWN);
    const { latents = this.pictures ? "pictures" : "noise" } = request;
    requireChoice("latents", latents, latentOrigins);
    if (latents === "pictures" && !this.pictures) {
      throw new RangeError('this autoencoder knows no pictures to reconstruct: draw of latents "noise"');
    }
    return { ...unconditionalNumbers("this autoencoder", request), latents };
  }
}
