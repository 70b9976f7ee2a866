/** Layer normalisation. */
import { requireTensor } from "../runtime/tensor.js";
import { requireScope } from "./parameters.js";
import { requireKnownKeys } from "../base/check.js";
import * as tf from "../runtime/tf.js";
import { fastGradient } from "./fast-gradient.js";
import { ones, zeros } from "./initialisers.js";
import type { ParameterScope } from "./parameters.js";
import { part } from "./probe.js";

export interface LayerNormOptions {
  readonly channels: number;
  /** Default 1e-5. */
  readonly epsilon?: number;
  /** Whether γ and β are trained (default) or left out, as in adaptive norms. */
  readonly affine?: boolean;
}

/**
 * Layer normalisation over the last axis: y = γ·(x − μ)/√(v + ε) + β.
 *
 * Source: Ba, Kiros and Hinton 2016, "Layer normalization", equations 3 and 4.
 */
export class LayerNorm {
  private readonly gamma: tf.Variable | undefined;
  private readonly beta: tf.Variable | undefined;
  private readonly name: string;
  private readonly normalize: (x: tf.Tensor) => tf.Tensor;

  constructor(
    scope: ParameterScope,
    private readonly options: LayerNormOptions,
  ) {
    requireScope(scope);
    requireKnownKeys("LayerNorm", options, { channels: true, epsilon: "a number", affine: "true or false" });
    const { channels, epsilon = 1e-5, affine = true } = options;
    this.name = scope.prefix;
    if (affine) {
      this.gamma = scope.create("weight", "plain", [channels], ones);
      this.beta = scope.create("bias", "plain", [channels], zeros);
    }
    this.normalize = layerNormalize(epsilon);
  }

  /**
   * […, channels] → the same shape
   *
   * @throws RangeError if the last axis of `x` has another length
   */
  apply<T extends tf.Tensor>(x: T): T {
    requireTensor("x", x);
    const { channels } = this.options;
    if (x.shape[x.rank - 1] !== channels) {
      throw new RangeError(
        `a layer norm of ${channels} channels got shape [${x.shape}]: its last axis must be ${channels}`,
      );
    }
    return part(this.name, "norm", () => {
      const normal = this.normalize(x);
      return (this.gamma && this.beta ? tf.add(tf.mul(normal, this.gamma), this.beta) : normal) as T;
    });
  }
}

/** x̂ = (x − μ)·r with r = 1/√(v + ε), and its gradient dx = r·(dy − mean(dy) − x̂·mean(dy·x̂)). */
function layerNormalize(epsilon: number): (x: tf.Tensor) => tf.Tensor {
  const parts = (x: tf.Tensor): { value: tf.Tensor; r: tf.Tensor } => {
    const axis = x.rank - 1;
    const centred = tf.sub(x, tf.mean(x, axis, true));
    const r = tf.rsqrt(tf.add(tf.mean(tf.square(centred), axis, true), epsilon));
    return { value: tf.mul(centred, r), r };
  };
  const plain = (x: tf.Tensor): tf.Tensor => parts(x).value;
  return fastGradient(plain, (save, x: tf.Tensor) => {
    const axis = x.rank - 1;
    const { value, r } = parts(x);
    save([value, r]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor => {
      const [normal, inverse] = saved as [tf.Tensor, tf.Tensor];
      const along = tf.mul(normal, tf.mean(tf.mul(dy, normal), axis, true));
      return tf.mul(inverse, tf.sub(tf.sub(dy, tf.mean(dy, axis, true)), along));
    };
    return { value, gradFunc };
  });
}
