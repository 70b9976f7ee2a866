/** Compares gradients of the tape with finite differences, and tensors with each other. */
import assert from "node:assert/strict";
import * as tf from "../../../src/runtime/tf.js";
import { RandomStream, type Parameters } from "../../../src/index.js";

/** A tensor of normal draws that differs with its seed. */
export function normal<S extends number[]>(shape: [...S], seed: number): tf.Tensor {
  const size = shape.reduce((product, n) => product * n, 1);
  return tf.tensor(new RandomStream(seed, "test").normals(size), shape);
}

export function largestDifference(a: tf.Tensor, b: tf.Tensor): number {
  assert.deepEqual(a.shape, b.shape);
  return tf.tidy(() => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]);
}

/** max |a − b| relative to max |b|. */
export function relativeDifference(a: tf.Tensor, b: tf.Tensor): number {
  const scale = tf.tidy(() => tf.max(tf.abs(b)).dataSync()[0]);
  return largestDifference(a, b) / Math.max(scale, 1e-30);
}

export interface GradientCheckOptions {
  /** Step of the differences, default 0.02. */
  readonly step?: number;
  /** Largest error allowed, relative to the largest entry of the tensor's gradient, default 3e-3. */
  readonly tolerance?: number;
  /** Entries checked one by one in each tensor, default 4; one random direction is checked besides. */
  readonly entries?: number;
}

/**
 * Compares the gradient of Σ w·f with differences of fourth order,
 * (8·(f(h) − f(−h)) − (f(2h) − f(−2h)))/12h, the sum taken in float64 with random w.
 * Every tensor watched must get a gradient, and the check must leave no tensor behind.
 */
export function checkGradients(
  f: (inputs: tf.Tensor[]) => tf.Tensor,
  inputs: readonly tf.Tensor[],
  parameters?: Parameters,
  { step = 0.02, tolerance = 3e-3, entries = 4 }: GradientCheckOptions = {},
): void {
  const before = tf.memory().numTensors;
  const variables = inputs.map((input) => tf.variable(input));
  const names = [...inputs.map((_, i) => `input ${i}`), ...(parameters?.names ?? [])];
  const watched = [...variables, ...(parameters?.variables ?? [])];

  const output = f(variables);
  const weights = new RandomStream(99, "projection").normals(output.size);
  const projection = tf.tensor(weights.slice(), output.shape);
  output.dispose();

  const value = (): number => {
    const y = f(variables);
    const numbers = y.dataSync() as Float32Array;
    y.dispose();
    return numbers.reduce((sum, v, i) => sum + v * weights[i], 0);
  };
  const { value: loss, grads } = tf.variableGrads(() => tf.sum(tf.mul(f(variables), projection)) as tf.Scalar, watched);
  watched.forEach((variable, k) => {
    const gradient = grads[variable.name];
    assert.ok(gradient, `${names[k]} gets no gradient`);
    assert.deepEqual(gradient.shape, variable.shape, names[k]);
    const analytic = gradient.dataSync() as Float32Array;
    const scale = analytic.reduce((max, g) => Math.max(max, Math.abs(g)), 0);
    const start = variable.dataSync().slice() as Float32Array;

    const at = (direction: Float32Array, distance: number): number => {
      const moved = start.map((v, i) => v + distance * direction[i]);
      tf.tidy(() => variable.assign(tf.tensor(Float32Array.from(moved), variable.shape)));
      return value();
    };
    for (const direction of directions(variable.size, entries, k)) {
      const expected = analytic.reduce((sum, g, i) => sum + g * direction[i], 0);
      const near = at(direction, step) - at(direction, -step);
      const far = at(direction, 2 * step) - at(direction, -2 * step);
      const found = (8 * near - far) / (12 * step);
      const error = Math.abs(found - expected);
      assert.ok(
        error <= tolerance * Math.max(scale, 0.05),
        `${names[k]}: gradient ${expected}, differences ${found}, largest entry ${scale}`,
      );
    }
    tf.tidy(() => variable.assign(tf.tensor(start, variable.shape)));
  });
  tf.dispose([loss, grads, projection, variables]);
  assert.equal(tf.memory().numTensors, before, "tensors left behind");
}

function* directions(size: number, entries: number, seed: number): Generator<Float32Array> {
  const order = new RandomStream(seed, "entries").permutation(size);
  for (const index of order.slice(0, entries)) {
    const one = new Float32Array(size);
    one[index] = 1;
    yield one;
  }
  const z = new RandomStream(seed, "direction").normals(size);
  const norm = Math.hypot(...z);
  yield z.map((v) => v / norm);
}

/** The tape's own gradients of Σ w·f with respect to inputs and parameters. */
export function gradientsOf(f: () => tf.Tensor, watched: tf.Variable[], weights: tf.Tensor): tf.Tensor[] {
  const { value, grads } = tf.variableGrads(() => tf.sum(tf.mul(f(), weights)) as tf.Scalar, watched);
  value.dispose();
  return watched.map((variable) => grads[variable.name]);
}

/**
 * As {@link checkGradients}, along random directions through all inputs and parameters at once: cheap enough for a
 * whole network.
 */
export function checkJointGradient(
  f: (inputs: tf.Tensor[]) => tf.Tensor,
  inputs: readonly tf.Tensor[],
  parameters: Parameters,
  {
    step = 0.01,
    tolerance = 5e-3,
    directions: count = 6,
  }: { step?: number; tolerance?: number; directions?: number } = {},
): void {
  const before = tf.memory().numTensors;
  const variables = inputs.map((input) => tf.variable(input));
  const watched = [...variables, ...parameters.variables];
  const output = f(variables);
  const weights = new RandomStream(99, "projection").normals(output.size);
  const projection = tf.tensor(weights.slice(), output.shape);
  output.dispose();
  const { value: loss, grads } = tf.variableGrads(() => tf.sum(tf.mul(f(variables), projection)) as tf.Scalar, watched);
  const slopes = watched.map((variable, k) => {
    const gradient = grads[variable.name];
    assert.ok(gradient, `${k < inputs.length ? `input ${k}` : parameters.names[k - inputs.length]} gets no gradient`);
    return gradient.dataSync() as Float32Array;
  });
  const starts = watched.map((variable) => variable.dataSync().slice() as Float32Array);
  for (let d = 0; d < count; d++) {
    // Half along the gradient of each tensor, half at random, so that every tensor has its part.
    const stream = new RandomStream(d, "joint direction");
    const direction = slopes.map((slope) => {
      const norm = Math.hypot(...slope) || 1;
      const random = stream.normals(slope.length);
      const sign = stream.uniform() < 0.5 ? -1 : 1;
      return slope.map((g, i) => (sign * g) / norm + random[i] / Math.sqrt(slope.length));
    });
    const length = Math.sqrt(direction.reduce((sum, v) => sum + v.reduce((s, x) => s + x * x, 0), 0));
    const at = (distance: number): number => {
      watched.forEach((variable, k) => {
        const moved = starts[k].map((v, i) => v + (distance / length) * direction[k][i]);
        tf.tidy(() => variable.assign(tf.tensor(moved, variable.shape)));
      });
      const y = f(variables);
      const numbers = y.dataSync() as Float32Array;
      y.dispose();
      return numbers.reduce((sum, v, i) => sum + v * weights[i], 0);
    };
    const found = (8 * (at(step) - at(-step)) - (at(2 * step) - at(-2 * step))) / (12 * step);
    let expected = 0;
    let scale = 0;
    slopes.forEach((slope, k) => {
      const part = slope.reduce((sum, g, i) => sum + g * direction[k][i], 0) / length;
      expected += part;
      scale = Math.max(scale, Math.abs(part));
    });
    assert.ok(
      Math.abs(found - expected) <= tolerance * scale,
      `direction ${d}: gradient ${expected}, differences ${found}`,
    );
  }
  watched.forEach((variable, k) => tf.tidy(() => variable.assign(tf.tensor(starts[k].slice(), variable.shape))));
  tf.dispose([loss, grads, projection, variables]);
  assert.equal(tf.memory().numTensors, before, "tensors left behind");
}
