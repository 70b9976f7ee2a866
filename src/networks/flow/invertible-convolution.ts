/** The invertible 1×1 convolution: every pixel's channels through one matrix, whose determinant is cheap. */
import { requireTensor } from "../../runtime/tensor.js";
import { requireWhole } from "../../base/values.js";
import { requireScope } from "../../nn/parameters.js";
import { luFactors, orthonormalRows } from "../../numeric/lu.js";
import { RandomStream } from "../../random/index.js";
import type { ParameterScope } from "../../nn/index.js";
import * as tf from "../../runtime/tf.js";
import type { Bijection, Transformed } from "./bijection.js";

/**
 * y = W·x for the channels of each pixel with W = P·L·(U + diag(s)): P a permutation that never changes, L unit lower
 * triangular, U strictly upper triangular, s = sign·e^{log_diagonal} with signs that never change. It starts as a random
 * rotation. ln |det| = H·W·Σ ln |s|.
 *
 * Source: Kingma & Dhariwal 2018, "Glow", section 3.2, equations 9–11.
 */
export class InvertibleConvolution implements Bijection<tf.Tensor4D> {
  private readonly permutation: tf.Variable;
  private readonly signs: tf.Variable;
  private readonly lower: tf.Variable;
  private readonly upper: tf.Variable;
  private readonly logDiagonal: tf.Variable;

  constructor(
    scope: ParameterScope,
    private readonly channels: number,
  ) {
    requireScope(scope);
    requireWhole("channels", channels);
    const n = channels;
    const normals = new RandomStream(scope.seed, `init/${scope.prefix}.rotation`).normals(n * n);
    const { permutation, lower, upper } = luFactors(orthonormalRows(normals, n), n);
    const diagonal = Float64Array.from({ length: n }, (_, i) => upper[i * n + i]);
    const values = (list: Float64Array) => ({ kind: "values", values: list }) as const;
    this.lower = scope.create("lower", "plain", [n, n], values(below(lower, n)));
    this.upper = scope.create("upper", "plain", [n, n], values(above(upper, n)));
    this.logDiagonal = scope.create("log_diagonal", "plain", [n], values(diagonal.map((s) => Math.log(Math.abs(s)))));
    this.permutation = scope.createConstant("permutation", [n, n], values(permutation));
    this.signs = scope.createConstant("signs", [n], values(diagonal.map(Math.sign)));
  }

  forward(x: tf.Tensor4D): Transformed<tf.Tensor4D> {
    requireTensor("x", x, "float", 4);
    const [, height, width] = x.shape;
    const { lower, upper, diagonal } = this.factors();
    const one = tf.eye(this.channels);
    const inner = tf.matMul(tf.add(one, lower), tf.add(upper, tf.mul(one, diagonal))) as tf.Tensor2D;
    return {
      y: this.apply(x, tf.matMul(this.permutation as unknown as tf.Tensor2D, inner)),
      logDeterminant: tf.mul(tf.sum(this.logDiagonal), height * width),
    };
  }

  inverse(y: tf.Tensor4D): tf.Tensor4D {
    requireTensor("y", y, "float", 4);
    const { lower, upper, diagonal } = this.factors();
    // W⁻¹ = (1 + s⁻¹·U)⁻¹·s⁻¹·L⁻¹·Pᵀ
    const perRow = tf.reshape(diagonal, [-1, 1]);
    const upperInverse = this.inverseOfUnit(tf.div(upper, perRow));
    const lowerInverse = tf.div(this.inverseOfUnit(lower), perRow) as tf.Tensor2D;
    const inner = tf.matMul(upperInverse, lowerInverse);
    return this.apply(y, tf.matMul(inner, this.permutation as unknown as tf.Tensor2D, false, true));
  }

  /** The strict triangles L − 1 and U, and s. */
  private factors(): { readonly lower: tf.Tensor2D; readonly upper: tf.Tensor2D; readonly diagonal: tf.Tensor } {
    const n = this.channels;
    const ones = new Float64Array(n * n).fill(1);
    return {
      lower: tf.mul(this.lower, tf.tensor2d(Float32Array.from(below(ones, n)), [n, n])) as tf.Tensor2D,
      upper: tf.mul(this.upper, tf.tensor2d(Float32Array.from(above(ones, n)), [n, n])) as tf.Tensor2D,
      diagonal: tf.mul(this.signs, tf.exp(this.logDiagonal)),
    };
  }

  /** (1 + T)⁻¹ of a strict triangle T: Σ_{j<n} (−T)^j = Π_{k: 2^k<n} (1 + (−T)^{2^k}), exact since Tⁿ = 0. */
  private inverseOfUnit(triangle: tf.Tensor): tf.Tensor2D {
    const one = tf.eye(this.channels);
    let power = tf.neg(triangle) as tf.Tensor2D;
    let inverse = tf.add(one, power) as tf.Tensor2D;
    for (let exponent = 2; exponent < this.channels; exponent *= 2) {
      power = tf.matMul(power, power);
      inverse = tf.matMul(inverse, tf.add(one, power) as tf.Tensor2D);
    }
    return inverse;
  }

  private apply(x: tf.Tensor4D, weight: tf.Tensor2D): tf.Tensor4D {
    const pixels = tf.reshape(x, [-1, this.channels]) as tf.Tensor2D;
    return tf.reshape(tf.matMul(pixels, weight, false, true), x.shape);
  }
}

/** The strict lower triangle, zeros elsewhere. */
function below(matrix: Float64Array, n: number): Float64Array {
  return matrix.map((value, i) => (i % n < Math.floor(i / n) ? value : 0));
}

/** The strict upper triangle, zeros elsewhere. */
function above(matrix: Float64Array, n: number): Float64Array {
  return matrix.map((value, i) => (i % n > Math.floor(i / n) ? value : 0));
}
