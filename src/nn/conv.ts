/** Convolution of images, as PyTorch pads it, and that of a doubled image. */
import { requireTensor } from "../runtime/tensor.js";
import { requireScope } from "./parameters.js";
import { requireKnownKeys } from "../base/check.js";
import * as tf from "../runtime/tf.js";
import { convolveDoubled, DOUBLED_TAPS } from "./doubled-convolution.js";
import { fanInUniform, type Initializer } from "./initialisers.js";
import type { ParameterScope } from "./parameters.js";
import { countMultiplyAdds, part } from "./probe.js";
import { Weight, type WeightNorm } from "./spectral-norm.js";

export interface Conv2dOptions {
  readonly inputs: number;
  readonly outputs: number;
  /** Side of the square kernel, default 3. */
  readonly kernel?: number;
  /** Default 1. */
  readonly stride?: 1 | 2;
  /** Rows and columns of zeros on every side, default (kernel − 1)/2, as PyTorch counts them. */
  readonly padding?: number;
  /** Default true. */
  readonly bias?: boolean;
  /** Default PyTorch's U(±1/√fanIn). */
  readonly init?: Initializer;
  /** "spectral" applies W/σ(W), with a buffer that training replaces by {@link Conv2d.buffers}; default none. */
  readonly norm?: WeightNorm;
}

/** Two-dimensional convolution (cross-correlation), NHWC, with PyTorch's symmetric padding. */
export class Conv2d {
  private readonly kernel: Weight;
  private readonly bias: tf.Variable | undefined;
  private readonly stride: 1 | 2;
  private readonly padding: number;
  private readonly name: string;

  constructor(
    scope: ParameterScope,
    private readonly options: Conv2dOptions,
  ) {
    requireScope(scope);
    requireKnownKeys("Conv2d", options, {
      inputs: true,
      outputs: true,
      kernel: true,
      stride: [1, 2],
      padding: "a number",
      bias: "true or false",
      init: "an object",
      norm: true,
    });
    const { inputs, outputs, kernel = 3 } = options;
    const init = options.init ?? fanInUniform(inputs * kernel * kernel);
    this.name = scope.prefix;
    this.stride = options.stride ?? 1;
    this.padding = options.padding ?? (kernel - 1) / 2;
    this.kernel = new Weight(scope, "conv", [kernel, kernel, inputs, outputs], init, { norm: options.norm });
    if (options.bias ?? true) this.bias = scope.create("bias", "plain", [outputs], init);
  }

  /**
   * [N, H, W, inputs] → [N, H′, W′, outputs] with H′ = ⌊(H + 2·padding − kernel)/stride⌋ + 1, and W′ likewise.
   *
   * @throws RangeError if the last axis of `x` has another length
   */
  apply(x: tf.Tensor4D): tf.Tensor4D {
    requireTensor("x", x, "float", 4);
    const { kernel = 3 } = this.options;
    return this.run(x, kernel * kernel, (weight) => {
      // TensorFlow's "same" equals symmetric padding at stride 1 only; at stride 2 it pads one side more.
      const same = this.stride === 1 && this.padding * 2 === kernel - 1;
      const p = this.padding;
      const padded =
        same || p === 0
          ? x
          : (tf.pad(x, [
              [0, 0],
              [p, p],
              [p, p],
              [0, 0],
            ]) as tf.Tensor4D);
      return tf.conv2d(padded, weight, this.stride, same ? "same" : "valid");
    });
  }

  /**
   * What {@link apply} makes of x doubled by nearest neighbour: [N, H, W, inputs] → [N, 2·H, 2·W, outputs].
   *
   * @throws RangeError unless the kernel is 3×3 of stride 1 and padding 1, or if the last axis of `x` has another length
   */
  applyDoubled(x: tf.Tensor4D): tf.Tensor4D {
    requireTensor("x", x, "float", 4);
    const { kernel = 3 } = this.options;
    if (kernel !== 3 || this.stride !== 1 || this.padding !== 1) {
      throw new RangeError(
        `only a 3×3 convolution of stride 1 and padding 1 can take a doubled image, this one has kernel ${kernel}, ` +
          `stride ${this.stride}, padding ${this.padding}: resize and apply it`,
      );
    }
    return this.run(x, DOUBLED_TAPS, (weight) => convolveDoubled(x, weight));
  }

  /** Next values of the layer's buffers; see {@link Weight.buffers}. */
  buffers(): Record<string, tf.Tensor> {
    return this.kernel.buffers();
  }

  /** @param taps multiplications a pixel and pair of channels */
  private run(x: tf.Tensor4D, taps: number, convolve: (weight: tf.Tensor4D) => tf.Tensor4D): tf.Tensor4D {
    const { inputs } = this.options;
    if (x.shape[3] !== inputs) {
      throw new RangeError(
        `a convolution of ${inputs} input channels got shape [${x.shape}] (NHWC): its last axis must be ${inputs}`,
      );
    }
    return part(this.name, "convolution", () => {
      const y = convolve(this.kernel.read() as tf.Tensor4D);
      countMultiplyAdds(y.size * taps * inputs);
      return this.bias ? tf.add(y, this.bias) : y;
    });
  }
}
