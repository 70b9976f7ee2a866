/** A convolutional generator of images. */
import { requireTensor } from "../../runtime/tensor.js";
import * as tf from "../../runtime/tf.js";
import { ConvTranspose2d, Dense, GroupNorm, Parameters, type NetworkOptions } from "../../nn/index.js";
import { coarsest, dcganGeneratorConfig, type DcganGeneratorConfig } from "./dcgan-config.js";
import { requireLatents, type GeneratorNetwork } from "./players.js";

/**
 * z through a dense layer to the coarsest level, then level by level through norm, ReLU and a transposed convolution that
 * doubles; tanh at the end.
 *
 * It is DCGAN's generator with group in place of batch normalisation: so an example depends on its z alone, in training as
 * in drawing, and the average of parameters needs no moments of its own.
 *
 * @example
 * const generator = new DcganGenerator({ latent_channels: 32 }, { seed: 0 });
 * const images = generator.apply(z); // [N, 32] → [N, 28, 28, 1] in [−1, 1]
 *
 * Source: Radford, Metz and Chintala 2016, "Unsupervised representation learning with deep convolutional GANs", figure 1.
 */
export class DcganGenerator implements GeneratorNetwork {
  readonly config: DcganGeneratorConfig;
  readonly parameters: Parameters;
  readonly latentSize: number;
  readonly exampleShape: readonly [number, number, number];
  private readonly input: Dense;
  /** The coarsest first. */
  private readonly levels: readonly { readonly norm: GroupNorm; readonly up: ConvTranspose2d }[];

  /** @throws RangeError naming the key of the configuration that is wrong */
  constructor(config: Partial<DcganGeneratorConfig> = {}, options: NetworkOptions = {}) {
    this.config = dcganGeneratorConfig(config);
    this.parameters = new Parameters(options);
    const { height, width, out_channels, latent_channels, block_out_channels, norm_num_groups } = this.config;
    this.latentSize = latent_channels;
    this.exampleShape = [height, width, out_channels];
    const root = this.parameters.scope("");
    const [rows, columns] = coarsest(this.config);
    const widths = [...block_out_channels].reverse();
    this.input = new Dense(root.scope("dense_in"), { inputs: latent_channels, outputs: rows * columns * widths[0] });
    this.levels = widths.map((channels, i) => {
      const scope = root.scope(`levels.${i}`);
      return {
        norm: new GroupNorm(scope.scope("norm"), { channels, groups: norm_num_groups }),
        up: new ConvTranspose2d(scope.scope("up"), { inputs: channels, outputs: widths[i + 1] ?? out_channels }),
      };
    });
  }

  /**
   * @param z [N, latent_channels]
   * @returns [N, height, width, out_channels] in [−1, 1]
   * @throws RangeError for latents of another shape
   */
  apply(z: tf.Tensor2D): tf.Tensor4D {
    requireTensor("z", z);
    requireLatents(z, this.latentSize);
    const [rows, columns] = coarsest(this.config);
    return tf.tidy(() => {
      let h = tf.reshape(this.input.apply(z), [z.shape[0], rows, columns, -1]) as tf.Tensor4D;
      for (const { norm, up } of this.levels) h = up.apply(tf.relu(norm.apply(h)));
      return tf.tanh(h);
    });
  }

  /** Frees the parameters: the network cannot be used any more. */
  dispose(): void {
    this.parameters.dispose();
  }
}
