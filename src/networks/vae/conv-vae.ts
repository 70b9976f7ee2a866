/** A convolutional variational autoencoder with a latent vector: the encoder q(z|x) and the decoder p(x|z). */
import { requireTensor } from "../../runtime/tensor.js";
import * as tf from "../../runtime/tf.js";
import {
  activation,
  Conv2d,
  Dense,
  Downsample,
  GroupNorm,
  Parameters,
  Upsample,
  type NetworkOptions,
  type ParameterScope,
} from "../../nn/index.js";
import { convVaeConfig, type ConvVaeConfig } from "./conv-vae-config.js";
import { boundedLogVariance, type LatentGaussian } from "../latent-gaussian.js";
import { START_LOG_DEVIATION, type VaeNetwork } from "./vae-network.js";

/** One level: convolution, norm, activation; the encoder halves after it, the decoder doubles before it. */
interface Level {
  readonly conv: Conv2d;
  readonly norm: GroupNorm;
}

/**
 * Encoder and decoder of a VAE on images, each a short stack of convolutions and two dense layers.
 *
 * @example
 * const vae = new ConvVae({ latent_channels: 8 }, { seed: 0 });
 * const { mean, logVariance } = vae.encode(x); // [N, 28, 28, 1] → [N, 8] each
 * const logits = vae.decode(mean); // [N, 8] → [N, 28, 28, 1]
 *
 * Source: Kingma & Welling 2014, "Auto-encoding variational Bayes", appendix C.
 */
export class ConvVae implements VaeNetwork {
  readonly config: ConvVaeConfig;
  readonly parameters: Parameters;
  readonly shape: readonly [number, number, number];
  private readonly encoder: {
    readonly levels: readonly (Level & { readonly down: Downsample })[];
    readonly hidden: Dense;
    readonly out: Dense;
  };
  private readonly decoder: {
    readonly hidden: Dense;
    readonly in: Dense;
    readonly levels: readonly (Level & { readonly up: Upsample })[];
    readonly out: Conv2d;
  };
  /** ln σ of a Gaussian p(x|z), one for all pixels. */
  private readonly logDeviation: tf.Variable | undefined;
  /** Height and width at each level, the image first. */
  private readonly sizes: readonly [number, number][];

  /** @throws RangeError naming the key of the configuration that is wrong */
  constructor(config: Partial<ConvVaeConfig> = {}, options: NetworkOptions = {}) {
    this.config = convVaeConfig(config);
    this.parameters = new Parameters(options);
    const { height, width, in_channels, block_out_channels: widths, hidden_channels, latent_channels } = this.config;
    this.shape = [height, width, in_channels];
    this.sizes = widths.reduce<[number, number][]>(
      (sizes) => [...sizes, halved(sizes[sizes.length - 1])],
      [[height, width]],
    );
    const [rows, columns] = this.sizes[widths.length];
    const last = widths[widths.length - 1];
    const flat = rows * columns * last;
    const encoder = this.parameters.scope("encoder");
    this.encoder = {
      levels: widths.map((channels, level) => {
        const scope = encoder.scope(`levels.${level}`);
        const inputs = level === 0 ? in_channels : widths[level - 1];
        return {
          ...this.level(scope, inputs, channels),
          down: new Downsample(scope.scope("down"), { channels, padding: 1 }),
        };
      }),
      hidden: new Dense(encoder.scope("hidden"), { inputs: flat, outputs: hidden_channels }),
      out: new Dense(encoder.scope("out"), { inputs: hidden_channels, outputs: 2 * latent_channels }),
    };
    const decoder = this.parameters.scope("decoder");
    this.decoder = {
      hidden: new Dense(decoder.scope("hidden"), { inputs: latent_channels, outputs: hidden_channels }),
      in: new Dense(decoder.scope("in"), { inputs: hidden_channels, outputs: flat }),
      levels: widths.map((channels, level) => {
        const scope = decoder.scope(`levels.${level}`);
        const outputs = level === 0 ? channels : widths[level - 1];
        return { up: new Upsample(scope.scope("up"), { channels }), ...this.level(scope, channels, outputs) };
      }),
      out: new Conv2d(decoder.scope("conv_out"), { inputs: widths[0], outputs: in_channels }),
    };
    if (this.config.likelihood === "gaussian") {
      this.logDeviation = decoder.create("log_deviation", "plain", [1], {
        kind: "constant",
        value: START_LOG_DEVIATION,
      });
    }
  }

  /**
   * q(z|x) = N(mean, exp(logVariance)).
   *
   * @param x [N, height, width, in_channels] in [−1, 1]
   * @throws RangeError for images of another shape
   */
  encode(x: tf.Tensor): LatentGaussian {
    requireTensor("x", x);
    if (x.rank !== 4 || this.shape.some((size, i) => x.shape[i + 1] !== size)) {
      throw new RangeError(`this VAE takes images [N, ${this.shape.join(", ")}], got shape [${x.shape}]`);
    }
    return tf.tidy(() => {
      let h = x as tf.Tensor4D;
      for (const { conv, norm, down } of this.encoder.levels) h = down.apply(this.act(norm.apply(conv.apply(h))));
      const hidden = this.act(this.encoder.hidden.apply(tf.reshape(h, [x.shape[0], -1]) as tf.Tensor2D));
      const [mean, logVariance] = tf.split(this.encoder.out.apply(hidden), 2, 1) as tf.Tensor2D[];
      return { mean, logVariance: boundedLogVariance(logVariance) };
    });
  }

  /**
   * The parameters of p(x|z): logits of grey values for a Bernoulli likelihood, means for a Gaussian.
   *
   * @param z [N, latent_channels]
   * @returns [N, height, width, in_channels]
   * @throws RangeError for latents of another shape
   */
  decode(z: tf.Tensor2D): tf.Tensor4D {
    requireTensor("z", z);
    const { latent_channels, block_out_channels } = this.config;
    if (z.rank !== 2 || z.shape[1] !== latent_channels) {
      throw new RangeError(`this VAE takes latents [N, ${latent_channels}], got shape [${z.shape}]`);
    }
    const levels = block_out_channels.length;
    return tf.tidy(() => {
      const hidden = this.act(this.decoder.in.apply(this.act(this.decoder.hidden.apply(z))));
      let h = tf.reshape(hidden, [z.shape[0], ...this.sizes[levels], block_out_channels[levels - 1]]) as tf.Tensor4D;
      for (let level = levels - 1; level >= 0; level--) {
        const { up, conv, norm } = this.decoder.levels[level];
        h = this.act(norm.apply(conv.apply(up.apply(h, this.sizes[level]))));
      }
      return this.decoder.out.apply(h);
    });
  }

  /** ln σ of a Gaussian p(x|z), [1]. @throws RangeError for a Bernoulli likelihood, which has none */
  get gaussianLogDeviation(): tf.Tensor1D {
    if (!this.logDeviation) throw new RangeError("a Bernoulli likelihood has no deviation");
    return this.logDeviation as unknown as tf.Tensor1D;
  }

  /** Frees the parameters: the network cannot be used any more. */
  dispose(): void {
    this.parameters.dispose();
  }

  private level(scope: ParameterScope, inputs: number, outputs: number): Level {
    return {
      conv: new Conv2d(scope.scope("conv"), { inputs, outputs }),
      norm: new GroupNorm(scope.scope("norm"), { channels: outputs, groups: this.config.norm_num_groups }),
    };
  }

  private act<T extends tf.Tensor>(x: T): T {
    return activation(this.config.act_fn)(x) as T;
  }
}

function halved([height, width]: readonly [number, number]): [number, number] {
  return [Math.ceil(height / 2), Math.ceil(width / 2)];
}
