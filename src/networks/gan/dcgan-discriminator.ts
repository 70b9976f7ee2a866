/** A convolutional discriminator of images. */
import { requireTensor } from "../../runtime/tensor.js";
import * as tf from "../../runtime/tf.js";
import { Conv2d, Dense, leakyRelu, Parameters, type NetworkOptions } from "../../nn/index.js";
import { coarsest, dcganDiscriminatorConfig, type DcganDiscriminatorConfig } from "./dcgan-config.js";
import { requireExampleShape, type DiscriminatorNetwork } from "./players.js";

/**
 * Convolutions of stride 2 with leaky rectifiers, then a dense layer to one number.
 *
 * It is DCGAN's discriminator without batch normalisation: a penalty on the slope at each example needs D(x) to depend on
 * x alone (Gulrajani et al. 2017, section 4).
 *
 * @example
 * const discriminator = new DcganDiscriminator({ weight_norm: "spectral" }, { seed: 0 });
 * const scores = discriminator.apply(images); // [N, 28, 28, 1] → [N]
 *
 * Source: Radford, Metz and Chintala 2016, "Unsupervised representation learning with deep convolutional GANs", section 3.
 */
export class DcganDiscriminator implements DiscriminatorNetwork {
  readonly config: DcganDiscriminatorConfig;
  readonly parameters: Parameters;
  readonly exampleShape: readonly [number, number, number];
  /** The finest first. */
  private readonly levels: readonly Conv2d[];
  private readonly output: Dense;

  /** @throws RangeError naming the key of the configuration that is wrong */
  constructor(config: Partial<DcganDiscriminatorConfig> = {}, options: NetworkOptions = {}) {
    this.config = dcganDiscriminatorConfig(config);
    this.parameters = new Parameters(options);
    const { height, width, in_channels, block_out_channels: widths } = this.config;
    const norm = this.config.weight_norm ?? undefined;
    this.exampleShape = [height, width, in_channels];
    const root = this.parameters.scope("");
    this.levels = widths.map((outputs, i) => {
      const inputs = i === 0 ? in_channels : widths[i - 1];
      return new Conv2d(root.scope(`levels.${i}`), { inputs, outputs, kernel: 4, stride: 2, padding: 1, norm });
    });
    const [rows, columns] = coarsest(this.config);
    const inputs = rows * columns * widths[widths.length - 1];
    this.output = new Dense(root.scope("dense_out"), { inputs, outputs: 1, norm });
  }

  /**
   * @param x [N, height, width, in_channels] in [−1, 1]
   * @returns [N]
   * @throws RangeError for images of another shape
   */
  apply(x: tf.Tensor): tf.Tensor1D {
    requireTensor("x", x);
    requireExampleShape(x, this.exampleShape);
    return tf.tidy(() => {
      let h = x as tf.Tensor4D;
      for (const level of this.levels) h = leakyRelu(level.apply(h), this.config.negative_slope);
      const flat = tf.reshape(h, [x.shape[0], -1]) as tf.Tensor2D;
      return tf.reshape(this.output.apply(flat), [-1]) as tf.Tensor1D;
    });
  }

  buffers(): Record<string, tf.Tensor> {
    return Object.assign({}, ...[...this.levels, this.output].map((layer) => layer.buffers())) as Record<
      string,
      tf.Tensor
    >;
  }

  /** Frees the parameters: the network cannot be used any more. */
  dispose(): void {
    this.parameters.dispose();
  }
}
