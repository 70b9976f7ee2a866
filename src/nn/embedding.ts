/** A table of learned vectors, one a label. */
import { requireTensor } from "../runtime/tensor.js";
import { requireScope } from "./parameters.js";
import { requireKnownKeys } from "../base/check.js";
import * as tf from "../runtime/tf.js";
import type { ParameterScope } from "./parameters.js";
import { part } from "./probe.js";

export interface EmbeddingOptions {
  /** Number of vectors. */
  readonly count: number;
  /** Length of each. */
  readonly channels: number;
  /** Standard deviation of the starting values, default 1 as PyTorch has it. */
  readonly deviation?: number;
}

/** A table of trained vectors: index i of 0 … count − 1 becomes row i of `weight` [count, channels]. */
export class Embedding {
  private readonly weight: tf.Variable;
  private readonly name: string;

  /** @throws RangeError if `count` is not a positive whole number */
  constructor(
    scope: ParameterScope,
    private readonly options: EmbeddingOptions,
  ) {
    requireScope(scope);
    requireKnownKeys("Embedding", options, { count: true, channels: true, deviation: "a number" });
    const { count, channels, deviation = 1 } = options;
    if (!Number.isInteger(count) || count < 1)
      throw new RangeError(`a table of vectors needs at least one, got ${count}`);
    this.name = scope.prefix;
    this.weight = scope.create("weight", "plain", [count, channels], { kind: "normal", deviation });
  }

  /** @param indices int32 [N]; an index outside the table becomes zeros @returns [N, channels] */
  apply(indices: tf.Tensor1D): tf.Tensor2D {
    requireTensor("indices", indices, "indices", 1);
    // A one-hot product rather than a gather, whose indices TensorFlow.js would read back to JavaScript.
    return part(this.name, "table", () => {
      const oneHot = tf.oneHot(indices, this.options.count, 1, 0, "float32") as tf.Tensor2D;
      return tf.matMul(oneHot, this.weight as unknown as tf.Tensor2D);
    });
  }
}
