/** The autoencoder of latent diffusion: images to a small grid of latents and back. */
import { requireTensor } from "../../runtime/tensor.js";
import { requireKnownKeys } from "../../base/check.js";
import { Conv2d, Parameters, type NetworkOptions } from "../../nn/index.js";
import * as tf from "../../runtime/tf.js";
import { boundedLogVariance, latentKl, reparameterise, type LatentGaussian } from "../latent-gaussian.js";
import { autoencoderKLConfig, type AutoencoderKLConfig } from "./autoencoder-kl-config.js";
import { Decoder, Encoder } from "./halves.js";
import { scaleLatents, unscaleLatents } from "./latent-scale.js";
import { mapTiles } from "./tiles.js";

/** How a large image, or many of them, are done in less memory. */
export interface TilingOptions {
  /** One image of the batch after the other, default false. The result is the same. */
  readonly slicing?: boolean;
  /**
   * Overlapping tiles for an image larger than one, default false: true has them as large as `sample_size`, a number as
   * many pixels a side. The result is a little another: see {@link mapTiles}.
   */
  readonly tiling?: boolean | number;
}

/** q(z|x), a Gaussian for each number of the latents: mean and ln σ², each [N, h, w, latent_channels]. */
export interface LatentMoments extends LatentGaussian<tf.Tensor4D> {
  /** z = μ + σ·ε. @param noise ε ~ N(0, I), of the mean's shape */
  sample(noise: tf.Tensor4D): tf.Tensor4D;
  /** KL(q(z|x) ‖ N(0, I)) in nats, [N]. */
  kl(): tf.Tensor1D;
}

/**
 * A variational autoencoder whose latents are an image again, 2^(levels − 1) times smaller: what latent diffusion works
 * on. Keys, parameters and numbers are those of diffusers' `AutoencoderKL`.
 *
 * @example
 * const vae = loadNetwork("stable-diffusion-v1-5/vae", { expect: "AutoencoderKL" });
 * const { mean } = vae.encode(images); // [N, 512, 512, 3] in [−1, 1] → [N, 64, 64, 4]
 * const latents = vae.scaleLatents(mean); // of about unit variance: what a diffusion model sees
 * const decoded = vae.decode(vae.unscaleLatents(latents)); // [N, 512, 512, 3], about [−1, 1]
 *
 * Source: Rombach et al. 2022, "High-resolution image synthesis with latent diffusion models", section 3.1 and appendix G.
 */
export class AutoencoderKL {
  readonly config: AutoencoderKLConfig;
  readonly parameters: Parameters;
  /** Pixels of an image a latent, across and down: 2^(levels − 1). */
  readonly factor: number;
  private readonly encoder: Encoder;
  private readonly decoder: Decoder;
  private readonly quant: Conv2d | undefined;
  private readonly postQuant: Conv2d | undefined;

  /** @throws RangeError naming the key of the configuration that is wrong */
  constructor(config: Partial<AutoencoderKLConfig>, options: NetworkOptions = {}) {
    this.config = autoencoderKLConfig(config);
    this.parameters = new Parameters(options);
    const c = this.config;
    this.factor = 2 ** (c.block_out_channels.length - 1);
    this.encoder = new Encoder(this.parameters.scope("encoder"), c);
    this.decoder = new Decoder(this.parameters.scope("decoder"), c);
    const pointwise = (name: string, channels: number): Conv2d =>
      new Conv2d(this.parameters.scope(name), { inputs: channels, outputs: channels, kernel: 1 });
    if (c.use_quant_conv) this.quant = pointwise("quant_conv", 2 * c.latent_channels);
    if (c.use_post_quant_conv) this.postQuant = pointwise("post_quant_conv", c.latent_channels);
  }

  /**
   * q(z|x), with ln σ² within −30 … 20.
   *
   * @param x [N, H, W, in_channels] in [−1, 1]; H and W at least {@link factor}, and rounded down to a multiple of it
   * @throws RangeError for images of another shape, or a tile that cannot be
   */
  encode(x: tf.Tensor4D, options: TilingOptions = {}): LatentMoments {
    requireTensor("x", x);
    const { factor } = this;
    const { in_channels: channels } = this.config;
    if (x.rank !== 4 || x.shape[3] !== channels || Math.min(x.shape[1], x.shape[2]) < factor) {
      throw new RangeError(
        `this autoencoder takes images [N, H, W, ${channels}] of at least ${factor} × ${factor}, got shape [${x.shape}]`,
      );
    }
    const side = this.tileSide("AutoencoderKL.encode", options);
    const [mean, logVariance] = tf.tidy(() => {
      const encode = (image: tf.Tensor4D): tf.Tensor4D => {
        const h = this.encoder.apply(image);
        return this.quant ? this.quant.apply(h) : h;
      };
      const moments = inSlices(x, options.slicing, (slice) => {
        if (!exceeds(slice, side)) return encode(slice);
        this.requireWholeTiles(slice);
        return mapTiles(slice, { side, outputSide: side / factor }, encode);
      });
      const [mean, logVariance] = tf.split(moments, 2, 3) as [tf.Tensor4D, tf.Tensor4D];
      return [mean, boundedLogVariance(logVariance)];
    });
    const moments = { mean, logVariance };
    return { ...moments, sample: (noise) => reparameterise(moments, noise), kl: () => latentKl(moments) };
  }

  /**
   * The image of latents as {@link encode} has them, not scaled.
   *
   * @param z [N, h, w, latent_channels]
   * @returns [N, h·factor, w·factor, out_channels], about [−1, 1] and not bounded
   * @throws RangeError for latents of another shape, or a tile that cannot be
   */
  decode(z: tf.Tensor4D, options: TilingOptions = {}): tf.Tensor4D {
    requireTensor("z", z);
    const { factor } = this;
    const { latent_channels: channels } = this.config;
    if (z.rank !== 4 || z.shape[3] !== channels) {
      throw new RangeError(`this autoencoder takes latents [N, h, w, ${channels}], got shape [${z.shape}]`);
    }
    const side = this.tileSide("AutoencoderKL.decode", options);
    const decode = (latents: tf.Tensor4D): tf.Tensor4D =>
      this.decoder.apply(this.postQuant ? this.postQuant.apply(latents) : latents);
    return tf.tidy(() =>
      inSlices(z, options.slicing, (slice) =>
        exceeds(slice, side / factor)
          ? mapTiles(slice, { side: side / factor, outputSide: side }, decode)
          : decode(slice),
      ),
    );
  }

  /** The image that is left of an image: decode of the mean of its latents. [N, H, W, C] → [N, H, W, out_channels]. */
  apply(x: tf.Tensor4D): tf.Tensor4D {
    requireTensor("x", x);
    return tf.tidy(() => this.decode(this.encode(x).mean));
  }

  /** What a diffusion model sees of latents: (z − shift)·scaling_factor, by the configuration. */
  scaleLatents(z: tf.Tensor4D): tf.Tensor4D {
    requireTensor("z", z);
    return scaleLatents(this.config, z);
  }

  /** The way back from {@link scaleLatents}, before {@link decode}. */
  unscaleLatents(scaled: tf.Tensor4D): tf.Tensor4D {
    requireTensor("scaled", scaled);
    return unscaleLatents(this.config, scaled);
  }

  /** Frees the parameters: the network cannot be used any more. */
  dispose(): void {
    this.parameters.dispose();
  }

  /** Side of a tile in pixels; Infinity where nothing is tiled. */
  private tileSide(what: string, options: TilingOptions): number {
    requireKnownKeys(what, options, { slicing: "true or false", tiling: true });
    const { tiling = false } = options;
    if (tiling === false) return Infinity;
    const { sample_size: size } = this.config;
    const side = tiling === true ? (typeof size === "number" ? size : size[0]) : tiling;
    const least = 4 * this.factor;
    if (!Number.isInteger(side) || side < least || side % least !== 0) {
      throw new RangeError(
        `the side of a tile must be a multiple of ${least} pixels, since a quarter of it is shared with the next and ` +
          `${this.factor} pixels make a latent, got ${side}: give tiling another number`,
      );
    }
    return side;
  }

  private requireWholeTiles(x: tf.Tensor4D): void {
    const [, height, width] = x.shape;
    if (height % this.factor === 0 && width % this.factor === 0) return;
    throw new RangeError(
      `an image in tiles must have a height and width of multiples of ${this.factor}, got ${height} × ${width}: resize it`,
    );
  }
}

function exceeds({ shape: [, height, width] }: tf.Tensor4D, side: number): boolean {
  return height > side || width > side;
}

/** `map` of the whole batch, or of one image after the other. */
function inSlices(x: tf.Tensor4D, slicing = false, map: (slice: tf.Tensor4D) => tf.Tensor4D): tf.Tensor4D {
  if (!slicing || x.shape[0] < 2) return map(x);
  return tf.concat(
    Array.from({ length: x.shape[0] }, (_, i) => tf.tidy(() => map(tf.slice(x, [i, 0, 0, 0], [1, -1, -1, -1])))),
    0,
  );
}
