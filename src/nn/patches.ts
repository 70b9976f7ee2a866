/** An image as a sequence of patches, and back. */
import { requireWhole } from "../base/values.js";
import { requireScope } from "./parameters.js";
import { requireKnownKeys } from "../base/check.js";
import { requireTensor } from "../runtime/tensor.js";
import * as tf from "../runtime/tf.js";
import { xavierStart, type DenseStart } from "./initialisers.js";
import type { ParameterScope } from "./parameters.js";
import { countMultiplyAdds, part } from "./probe.js";

export interface PatchEmbeddingOptions {
  /** Side p of a patch. */
  readonly patch: number;
  readonly inputs: number;
  readonly outputs: number;
  /** Default true. */
  readonly bias?: boolean;
  /** Default {@link xavierStart}, of p·p·inputs numbers to `outputs`. */
  readonly start?: DenseStart;
}

/** Each p × p patch of an image through one matrix: a convolution of kernel and stride p. [N, H, W, C] → [N, tokens, D] */
export class PatchEmbedding {
  private readonly kernel: tf.Variable;
  private readonly bias: tf.Variable | undefined;
  private readonly name: string;

  constructor(
    scope: ParameterScope,
    private readonly options: PatchEmbeddingOptions,
  ) {
    requireScope(scope);
    const known = { patch: true, inputs: true, outputs: true, bias: "true or false", start: "a function" } as const;
    requireKnownKeys("PatchEmbedding", options, known);
    const { patch: p, inputs, outputs, start = xavierStart } = options;
    const { weight, bias } = start(p * p * inputs, outputs);
    this.name = scope.prefix;
    this.kernel = scope.create("weight", "conv", [p, p, inputs, outputs], weight);
    if (options.bias ?? true) this.bias = scope.create("bias", "plain", [outputs], bias);
  }

  /** [N, H, W, inputs] → [N, H/p·W/p, outputs], patches row by row; H and W must be multiples of p. */
  apply(x: tf.Tensor4D): tf.Tensor3D {
    requireTensor("x", x, "float", 4);
    const { patch: p, inputs, outputs } = this.options;
    return part(this.name, "patches", () => {
      const patches = toPatches(x, p);
      const [n, tokens, size] = patches.shape;
      const matrix = tf.reshape(this.kernel, [p * p * inputs, outputs]) as tf.Tensor2D;
      const embedded = tf.matMul(tf.reshape(patches, [n * tokens, size]) as tf.Tensor2D, matrix);
      countMultiplyAdds(embedded.size * size);
      const shifted = this.bias ? tf.add(embedded, this.bias) : embedded;
      return tf.reshape(shifted, [n, tokens, outputs]) as tf.Tensor3D;
    });
  }
}

/**
 * [N, H, W, C] → [N, H/p·W/p, p·p·C]: each p × p patch becomes one token, row by row; within a token the channel moves
 * fastest, then the column. Height and width must be multiples of p.
 */
export function toPatches(x: tf.Tensor4D, p: number): tf.Tensor3D {
  requireTensor("x", x, "float", 4);
  requireWhole("p", p);
  requireTensor("x", x, "float", 4);
  const [n, h, w, c] = x.shape;
  return tf.tidy(() => {
    const split = tf.reshape(x, [n, h / p, p, w / p, p * c]);
    return tf.reshape(tf.transpose(split, [0, 1, 3, 2, 4]), [n, (h / p) * (w / p), p * p * c]) as tf.Tensor3D;
  });
}

/** The inverse of {@link toPatches}: [N, rows·columns, p·p·C] → [N, rows·p, columns·p, C]. */
export function fromPatches(tokens: tf.Tensor3D, grid: { rows: number; columns: number; patch: number }): tf.Tensor4D {
  requireKnownKeys("fromPatches", grid, { rows: true, columns: true, patch: true });
  for (const [name, size] of Object.entries(grid)) requireWhole(name, size);
  requireTensor("tokens", tokens, "float", 3);
  const { rows, columns, patch: p } = grid;
  const [n, , size] = tokens.shape;
  return tf.tidy(() => {
    const split = tf.transpose(tf.reshape(tokens, [n, rows, columns, p, size / p]), [0, 1, 3, 2, 4]);
    return tf.reshape(split, [n, rows * p, columns * p, size / (p * p)]) as tf.Tensor4D;
  });
}
