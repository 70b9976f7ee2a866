/** Vectors of tokens, looked up in a large table. */
import { requireTensor } from "../runtime/tensor.js";
import { requireScope } from "./parameters.js";
import { requireKnownKeys } from "../base/check.js";
import * as tf from "../runtime/tf.js";
import type { EmbeddingOptions } from "./embedding.js";
import { fastGradient } from "./fast-gradient.js";
import type { ParameterScope } from "./parameters.js";
import { part } from "./probe.js";

/**
 * A table of trained vectors, `weight` [count, channels], of which a text takes one row a token. It gives what
 * {@link Embedding} gives, by looking up rows instead of a product with one-hot vectors: a vocabulary has 49 408.
 */
export class TokenEmbedding {
  private readonly weight: tf.Variable;
  private readonly name: string;

  constructor(scope: ParameterScope, options: EmbeddingOptions) {
    requireScope(scope);
    requireKnownKeys("TokenEmbedding", options, { count: true, channels: true, deviation: "a number" });
    const { count, channels, deviation = 1 } = options;
    this.name = scope.prefix;
    this.weight = scope.create("weight", "plain", [count, channels], { kind: "normal", deviation });
  }

  /**
   * @param tokens int32 [N, L], each 0 … count − 1
   * @returns [N, L, channels]
   */
  apply(tokens: tf.Tensor2D): tf.Tensor3D {
    requireTensor("tokens", tokens, "indices", 2);
    return part(this.name, "table", () => {
      const rows = lookUp(this.weight, tf.reshape(tokens, [tokens.size]) as tf.Tensor1D);
      return tf.reshape(rows, [...tokens.shape, rows.shape[1]!]) as tf.Tensor3D;
    });
  }
}

/** Rows of a table; dTable = Σ_i e(index_i)·dyᵢᵀ. tf.gather would read the indices back to JavaScript. */
const lookUp = fastGradient(
  (table: tf.Tensor, indices: tf.Tensor) => {
    return tf.matMul(tf.oneHot(indices as tf.Tensor1D, table.shape[0], 1, 0, "float32") as tf.Tensor2D, table);
  },
  (save, table: tf.Tensor, indices: tf.Tensor) => {
    const rows = table.shape[0];
    save([indices]);
    return {
      value: tf.gatherND(table, tf.expandDims(indices, 1)),
      gradFunc: (dy: tf.Tensor, [taken]: tf.Tensor[]) => [
        tf.unsortedSegmentSum(dy, taken as tf.Tensor1D, rows),
        tf.zerosLike(taken),
      ],
    };
  },
);
