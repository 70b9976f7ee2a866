/** Transposed convolution of images, as PyTorch has it. */
import { requireTensor } from "../runtime/tensor.js";
import { requireScope } from "./parameters.js";
import { requireKnownKeys } from "../base/check.js";
import * as tf from "../runtime/tf.js";
import { fanInUniform, type Initializer } from "./initialisers.js";
import type { ParameterScope } from "./parameters.js";
import { countMultiplyAdds, part } from "./probe.js";
import { Weight, type WeightNorm } from "./spectral-norm.js";

export interface ConvTranspose2dOptions {
  readonly inputs: number;
  readonly outputs: number;
  /** Default PyTorch's U(±1/√(outputs·16)). */
  readonly init?: Initializer;
  /** Default true. */
  readonly bias?: boolean;
  /** Default none. */
  readonly norm?: WeightNorm;
}

const KERNEL = 4;
const STRIDE = 2;

/**
 * Doubles height and width by a transposed convolution: kernel 4, stride 2, padding 1, so that every pixel of the result
 * has as many weights as any other. PyTorch's `ConvTranspose2d(inputs, outputs, 4, 2, 1)`.
 *
 * Source: Radford, Metz and Chintala 2016, "Unsupervised representation learning with deep convolutional GANs", figure 1.
 */
export class ConvTranspose2d {
  private readonly kernel: Weight;
  private readonly bias: tf.Variable | undefined;
  private readonly name: string;

  constructor(
    scope: ParameterScope,
    private readonly options: ConvTranspose2dOptions,
  ) {
    requireScope(scope);
    requireKnownKeys("ConvTranspose2d", options, {
      inputs: true,
      outputs: true,
      bias: "true or false",
      init: true,
      norm: true,
    });
    const { inputs, outputs, norm, init = fanInUniform(outputs * KERNEL * KERNEL) } = options;
    this.name = scope.prefix;
    // [height, width, out, in] in memory is [in, out, height, width] on disk: PyTorch's layout of this layer.
    this.kernel = new Weight(scope, "conv", [KERNEL, KERNEL, outputs, inputs], init, { norm, outputAxis: 2 });
    if (options.bias ?? true) this.bias = scope.create("bias", "plain", [outputs], init);
  }

  /**
   * [N, H, W, inputs] → [N, 2·H, 2·W, outputs]
   *
   * @throws RangeError if the last axis of `x` has another length
   */
  apply(x: tf.Tensor4D): tf.Tensor4D {
    requireTensor("x", x, "float", 4);
    const { inputs, outputs } = this.options;
    const [n, height, width, channels] = x.shape;
    if (channels !== inputs) {
      throw new RangeError(
        `a transposed convolution of ${inputs} input channels got shape [${x.shape}] (NHWC): its last axis must be ${inputs}`,
      );
    }
    return part(this.name, "upsample", () => {
      const kernel = this.kernel.read() as tf.Tensor4D;
      const y = tf.conv2dTranspose(x, kernel, [n, 2 * height, 2 * width, outputs], STRIDE, "same");
      countMultiplyAdds(x.size * KERNEL * KERNEL * outputs);
      return this.bias ? tf.add(y, this.bias) : y;
    });
  }

  /** Next values of the layer's buffers; see {@link Weight.buffers}. */
  buffers(): Record<string, tf.Tensor> {
    return this.kernel.buffers();
  }
}
