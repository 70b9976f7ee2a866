/** A dense layer on the last axis. */
import { requireTensor } from "../runtime/tensor.js";
import { requireScope } from "./parameters.js";
import { requireKnownKeys } from "../base/check.js";
import * as tf from "../runtime/tf.js";
import { torchStart, type DenseStart } from "./initialisers.js";
import type { ParameterScope } from "./parameters.js";
import { countMultiplyAdds, part } from "./probe.js";
import { Weight, type WeightNorm } from "./spectral-norm.js";

export interface DenseOptions {
  readonly inputs: number;
  readonly outputs: number;
  /** Default true. */
  readonly bias?: boolean;
  /** Default {@link torchStart}. */
  readonly start?: DenseStart;
  /** "spectral" applies W/σ(W), with a buffer that training replaces by {@link Dense.buffers}; default none. */
  readonly norm?: WeightNorm;
}

/** y = x·W + b over the last axis; x may have any rank ≥ 2. */
export class Dense {
  private readonly kernel: Weight;
  private readonly bias: tf.Variable | undefined;
  private readonly name: string;

  constructor(
    scope: ParameterScope,
    private readonly options: DenseOptions,
  ) {
    requireScope(scope);
    requireKnownKeys("Dense", options, {
      inputs: true,
      outputs: true,
      bias: "true or false",
      start: "a function",
      norm: true,
    });
    const { inputs, outputs, start = torchStart } = options;
    const { weight, bias } = start(inputs, outputs);
    this.name = scope.prefix;
    this.kernel = new Weight(scope, "dense", [inputs, outputs], weight, { norm: options.norm });
    if (options.bias ?? true) this.bias = scope.create("bias", "plain", [outputs], bias);
  }

  /**
   * […, inputs] → […, outputs]
   *
   * @throws RangeError if the last axis of `x` has another length
   */
  apply<T extends tf.Tensor>(x: T): T {
    requireTensor("x", x);
    const { inputs, outputs } = this.options;
    if (x.shape[x.rank - 1] !== inputs) {
      throw new RangeError(`a dense layer of ${inputs} inputs got shape [${x.shape}]: its last axis must be ${inputs}`);
    }
    return part(this.name, "dense", () => {
      const rows = x.rank === 2 ? (x as unknown as tf.Tensor2D) : (tf.reshape(x, [-1, inputs]) as tf.Tensor2D);
      let y: tf.Tensor = tf.matMul(rows, this.kernel.read() as tf.Tensor2D);
      countMultiplyAdds(y.size * inputs);
      if (this.bias) y = tf.add(y, this.bias);
      return (x.rank === 2 ? y : tf.reshape(y, [...x.shape.slice(0, -1), outputs])) as T;
    });
  }

  /** Next values of the layer's buffers; see {@link Weight.buffers}. */
  buffers(): Record<string, tf.Tensor> {
    return this.kernel.buffers();
  }
}
