/** What tests of flows share: networks away from their start, and log-determinants of a Jacobian by differences. */
import { Glow, RandomStream, RealNvp, type InvertibleNetwork, type Parameters } from "../../../../src/index.js";
import * as tf from "../../../../src/runtime/tf.js";

/** Moves every parameter by noise: where a network starts, its couplings do nothing. */
export function moved<N extends { readonly parameters: Parameters }>(network: N, deviation = 0.2): N {
  const { parameters } = network;
  const noise = new RandomStream(5, "moved").normals(parameters.count);
  parameters.assignFlat(parameters.toFlat().map((value, i) => value + deviation * noise[i]));
  return network;
}

export const smallNvp = (dimensions = 2): RealNvp =>
  moved(new RealNvp({ dimensions, num_couplings: 3, hidden: [6, 5] }, { seed: 2 }));

export const smallGlow = (in_channels = 1): Glow =>
  moved(
    new Glow(
      { height: 4, width: 4, in_channels, num_steps: 2, hidden_channels: 5, act_fn: "silu", logit_margin: 0.05 },
      { seed: 2 },
    ),
    0.1,
  );

/** Points, or grey values between 0.1 and 0.9, [count, …shape]. */
export function examples({ shape, domain }: InvertibleNetwork, count: number, seed = 3): tf.Tensor {
  const size = count * shape.reduce((product, n) => product * n, 1);
  const stream = new RandomStream(seed, "examples");
  const values = domain === "unit" ? stream.uniforms(size).map((u) => 0.1 + 0.8 * u) : stream.normals(size);
  return tf.tensor(values, [count, ...shape]);
}

/** ln |det ∂f/∂x| at one example by differences of fourth order and elimination in float64. */
export function numericalLogDeterminant(f: (x: tf.Tensor) => tf.Tensor, x: Float32Array, shape: number[]): number {
  const n = x.length;
  const step = 0.01;
  const rows: Float32Array[] = [-2, -1, 1, 2].flatMap((multiple) =>
    Array.from({ length: n }, (_, i) => x.map((v, k) => (k === i ? v + multiple * step : v))),
  );
  const y = tf.tidy(() => {
    const points = new Float32Array(4 * n * n);
    rows.forEach((row, i) => points.set(row, i * n));
    return f(tf.tensor(points, [4 * n, ...shape])).dataSync() as Float32Array;
  });
  const at = (block: number, i: number, k: number): number => y[(block * n + i) * n + k];
  // Row i: ∂f/∂x_i
  const matrix = Array.from({ length: n }, (_, i) =>
    Array.from({ length: n }, (_, k) => (8 * (at(2, i, k) - at(1, i, k)) - (at(3, i, k) - at(0, i, k))) / (12 * step)),
  );
  let logDeterminant = 0;
  for (let column = 0; column < n; column++) {
    let pivot = column;
    for (let i = column; i < n; i++) if (Math.abs(matrix[i][column]) > Math.abs(matrix[pivot][column])) pivot = i;
    [matrix[column], matrix[pivot]] = [matrix[pivot], matrix[column]];
    logDeterminant += Math.log(Math.abs(matrix[column][column]));
    for (let i = column + 1; i < n; i++) {
      const factor = matrix[i][column] / matrix[column][column];
      for (let k = column; k < n; k++) matrix[i][k] -= factor * matrix[column][k];
    }
  }
  return logDeterminant;
}
