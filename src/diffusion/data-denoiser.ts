/** The best possible denoiser of a finite data set, against which trained ones can be measured. */
import { requireBatch } from "../runtime/tensor.js";
import { requireGaussianPath } from "./paths/path.js";
import * as tf from "../runtime/tf.js";
import type { IdealDenoiser } from "./ideal-denoisers.js";
import { levelColumn, noisedPoints, type NoisedPoints } from "./noised-points.js";
import type { GaussianPath } from "./paths/path.js";
import type { Level } from "./posterior.js";

/**
 * The ideal denoiser of a finite data set: x̂_0 = Σ_i p(i | x_t)·x^{(i)}, p(i | x_t) ∝ exp(−‖x_t − a·x^{(i)}‖²/(2b²)).
 * Its samples land on the training points: perfect learning is memorising. Differentiable in x_t.
 *
 * @param data [M, …], kept by reference; must outlive the denoiser
 * @throws RangeError for points of another size than the data's, or other than one time per point
 */
export function dataDenoiser(path: GaussianPath, data: tf.Tensor): IdealDenoiser {
  requireGaussianPath(path);
  requireBatch("data", data);
  const count = data.shape[0];
  const size = data.size / count;
  const flatData = (): tf.Tensor2D => tf.reshape(data, [count, size]) as tf.Tensor2D;
  return {
    path,
    predicts: "sample",
    predict: (xt, t) =>
      tf.tidy(() => {
        const flat = flatData();
        const { logs } = logWeights(noisedPoints(path, xt, t, size), flat);
        return tf.reshape(tf.matMul(tf.softmax(logs), flat), xt.shape);
      }),
    // ln q(x_t) = ln 1/M·Σ_i N(x_t; a·x^{(i)}, b²I)
    logDensity: (xt, t) =>
      tf.tidy(() => {
        const asked = noisedPoints(path, xt, t, size);
        const { logs, highest } = logWeights(asked, flatData());
        const rest = asked.levels.map(
          ({ noise }, n) => highest[n] - (size / 2) * Math.log(2 * Math.PI * noise ** 2) - Math.log(count),
        );
        return tf.add(tf.logSumExp(logs, 1), tf.tensor1d(rest)) as tf.Tensor1D;
      }),
  };
}

/** −‖x_t − a·x^{(i)}‖²/(2b²) as `highest` of each point, in float64, plus `logs`, [N, M], which reach up to 0. */
interface LogWeights {
  readonly logs: tf.Tensor2D;
  readonly highest: Float64Array;
}

function logWeights({ points, levels }: NoisedPoints, flat: tf.Tensor2D): LogWeights {
  const highest = new Float64Array(levels.length);
  const logs = tf.customGrad((x, save) => {
    (save as tf.GradSaveFunc)([x as tf.Tensor2D, flat]);
    const count = flat.shape[0];
    const relative = new Float32Array(levels.length * count);
    squaredDistances(x as tf.Tensor2D, levels, flat).forEach((row, n) => {
      const nearest = smallest(row);
      const variance = 2 * levels[n].noise ** 2;
      highest[n] = -nearest / variance;
      relative.set(
        row.map((distance) => (nearest - distance) / variance),
        n * count,
      );
    });
    return {
      value: tf.tensor2d(relative, [levels.length, count]),
      // ∂/∂x_t −‖x_t − a·x‖²/(2b²) = (a·x − x_t)/b²
      gradFunc: (dy: tf.Tensor, [xt, examples]: tf.Tensor[]) =>
        tf.tidy(() => {
          const pulled = tf.mul(levelColumn(levels, "signal"), tf.matMul(dy, examples));
          const own = tf.mul(tf.sum(dy, 1, true), xt);
          return tf.div(tf.sub(pulled, own), tf.square(levelColumn(levels, "noise")));
        }),
    };
  })(points) as tf.Tensor2D;
  return { logs, highest };
}

/** A logarithm of a weight may be wrong by this much before distances are summed one by one. */
const TOLERANCE = 1e-2;
/** Weights below e^−30 of the largest are lost in float32, however many there are. */
const NEGLIGIBLE = 30;

/**
 * ‖x_t − a·x^{(i)}‖² for all points and data. One matrix product gives them as ‖x_t‖² − 2a·⟨x_t, x⟩ + a²‖x‖², which
 * cancels where b is small beside the norms; what then still has a weight is summed difference by difference in float64.
 */
function squaredDistances(points: tf.Tensor2D, levels: readonly Level[], flat: tf.Tensor2D): Float64Array[] {
  // The caller's tidy takes the tensors: one around all of this would look through every distance for more.
  const squares = new Float64Array(tf.sum(tf.square(flat), 1).dataSync());
  const longest = Math.sqrt(squares.reduce((most, square) => Math.max(most, square), 0));
  const own = tf.sum(tf.square(points), 1).dataSync();
  const products = tf.matMul(points, flat, false, true).dataSync();
  const [count, size] = flat.shape;
  return levels.map(({ signal, noise }, n) => {
    const product = products.subarray(n * count, (n + 1) * count);
    const row = squares.map((square, i) => own[n] - 2 * signal * product[i] + signal ** 2 * square);
    // The rounding errors of `size` products add up as a random walk.
    const error = Math.sqrt(size) * 2 ** -24 * (Math.sqrt(own[n]) + signal * longest) ** 2;
    const unit = 2 * noise ** 2;
    if (!(error > TOLERANCE * unit && error < Infinity)) return row;
    const reach = smallest(row) + 2 * error + NEGLIGIBLE * unit;
    const near = Array.from(row.keys()).filter((i) => row[i] <= reach);
    const point = valuesOf(tf.slice(points, [n, 0], [1, size]));
    const exact = directly(point, signal, valuesOf(tf.gather(flat, near)), near.length);
    exact.forEach((distance, k) => (row[near[k]] = distance));
    return row;
  });
}

function directly(point: Float32Array, signal: number, rows: Float32Array, count: number): Float64Array {
  const sums = new Float64Array(count);
  for (let i = 0, at = 0; i < count; i++) {
    let sum = 0;
    for (let k = 0; k < point.length; k++, at++) {
      const difference = point[k] - signal * rows[at];
      sum += difference * difference;
    }
    sums[i] = sum;
  }
  return sums;
}

function smallest(values: Float64Array): number {
  return values.reduce((least, value) => Math.min(least, value), Infinity);
}

function valuesOf(x: tf.Tensor): Float32Array {
  return x.dataSync<"float32">();
}
