/** Optimisers, clipping, averages and learning rates follow their published algorithms. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "../../../src/runtime/tf.js";
import {
  adam,
  adamW,
  averageDecayAt,
  clipGlobalNorm,
  learningRateAt,
  movingAverage,
  sgd,
  type Optimiser,
} from "../../../src/training/index.js";

const close = (actual: number, expected: number, tolerance: number): void =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not within ${tolerance} of ${expected}`);

/** Updates from the first on; the parameters after the last gradient. */
function descend(optimiser: Optimiser, start: number[], gradients: number[][], learningRate: number): number[] {
  return tf.tidy(() => {
    let values: tf.Tensor = tf.tensor1d(start);
    let state: Readonly<Record<string, tf.Tensor>> = Object.fromEntries(
      optimiser.state.map((name) => [name, tf.zeros([start.length])]),
    );
    gradients.forEach((gradient, i) => {
      const numbers = Object.entries(optimiser.scalars(i + 1, learningRate));
      const scalars = Object.fromEntries(numbers.map(([name, value]) => [name, tf.scalar(value)]));
      ({ values, state } = optimiser.update({ values, gradient: tf.tensor1d(gradient), state, scalars }));
      assert.deepEqual(Object.keys(state), optimiser.state);
    });
    return [...values.dataSync()];
  });
}

/** AdamW written down a second time, in float64 and step by step as algorithm 2 states it. */
function referenceAdamW(
  start: number,
  gradients: number[],
  { rate, decay = 0, beta1 = 0.9 }: { rate: number; decay?: number; beta1?: number },
): number {
  let [theta, m, v] = [start, 0, 0];
  gradients.forEach((g, i) => {
    m = beta1 * m + (1 - beta1) * g;
    v = 0.999 * v + 0.001 * g ** 2;
    const mHat = m / (1 - beta1 ** (i + 1));
    const vHat = v / (1 - 0.999 ** (i + 1));
    theta = theta - rate * decay * theta - (rate * mHat) / (Math.sqrt(vHat) + 1e-8);
  });
  return theta;
}

/** PyTorch's SGD, in float64. */
function referenceSgd(start: number, gradients: number[], rate: number, momentum: number, nesterov: boolean): number {
  let [theta, velocity] = [start, 0];
  for (const g of gradients) {
    velocity = momentum * velocity + g;
    theta -= rate * (nesterov ? g + momentum * velocity : velocity);
  }
  return theta;
}

const gradients = Array.from({ length: 50 }, (_, i) => Math.sin(i) + 0.3);
const vectors = gradients.map((g) => [g]);

test("the first AdamW step moves each parameter by the learning rate against its gradient's sign", () => {
  const values = descend(adamW(), [1, 1, 1], [[1e-3, -50, 0]], 0.01);
  close(values[0], 0.99, 1e-6);
  close(values[1], 1.01, 1e-6);
  assert.equal(values[2], 1);
});

test("AdamW follows the algorithm over many steps, with and without weight decay", () => {
  for (const weightDecay of [0, 0.1]) {
    const [value] = descend(adamW({ weightDecay }), [0.7], vectors, 0.01);
    close(value, referenceAdamW(0.7, gradients, { rate: 0.01, decay: weightDecay }), 2e-6);
  }
});

test("Adam is AdamW without decay; β₁ = 0 and 0.5, as adversaries use them, follow the algorithm", () => {
  assert.deepEqual(descend(adam(), [0.7], vectors, 0.01), descend(adamW(), [0.7], vectors, 0.01));
  for (const beta1 of [0, 0.5]) {
    const [value] = descend(adam({ beta1 }), [0.7], vectors, 0.01);
    close(value, referenceAdamW(0.7, gradients, { rate: 0.01, beta1 }), 2e-6);
  }
});

test("SGD follows the algorithm, plain, with momentum and with Nesterov's", () => {
  const cases: [Optimiser, number, boolean][] = [
    [sgd(), 0, false],
    [sgd({ momentum: 0.9 }), 0.9, false],
    [sgd({ momentum: 0.9, nesterov: true }), 0.9, true],
  ];
  for (const [optimiser, momentum, nesterov] of cases) {
    const [value] = descend(optimiser, [0.7], vectors, 0.01);
    close(value, referenceSgd(0.7, gradients, 0.01, momentum, nesterov), 2e-6);
  }
  assert.deepEqual(sgd().state, [], "plain descent carries nothing along");
});

test("optimisers refuse numbers out of range and options they do not know; undefined is the default", () => {
  assert.throws(() => adamW({ beta2: 1 }), /\[0, 1\), got 0\.9 and 1/);
  assert.throws(() => adamW({ epsilon: 0 }), /epsilon must be positive in float32, got 0/);
  assert.throws(() => adamW({ epsilon: 1e-50 }), /epsilon must be positive in float32, got 1e-50/);
  assert.throws(() => adamW({ weightDecay: -0.1 }), /weightDecay must be finite and ≥ 0, got -0\.1/);
  assert.throws(() => sgd({ momentum: 1 }), /momentum must lie in \[0, 1\), got 1/);
  assert.throws(() => sgd({ nesterov: true }), /nesterov looks ahead along a velocity: give a momentum > 0/);
  const misspelt = { weigthDecay: 0.1 } as object;
  assert.throws(() => adamW(misspelt), /unknown option "weigthDecay" of adamW: did you mean "weightDecay"\?/);
  assert.throws(() => adam({ weightDecay: 0.1 } as object), /unknown option "weightDecay" of adam: give it to adamW/);
  assert.throws(() => sgd({ nestrov: true } as object), /unknown option "nestrov" of sgd: did you mean "nesterov"\?/);
  const [plain, undefinedOptions] = [adamW(), adamW({ weightDecay: undefined, epsilon: undefined })];
  assert.deepEqual(undefinedOptions.scalars(3, 0.1), plain.scalars(3, 0.1));
});

test("clipping keeps a short gradient, scales a long one to the norm, and returns the norm before", () => {
  const clip = (gradient: number[], maxNorm: number): { clipped: number[]; norm: number } =>
    tf.tidy(() => {
      const { clipped, norm } = clipGlobalNorm(tf.tensor1d(gradient), maxNorm);
      return { clipped: [...clipped.dataSync()], norm: norm.dataSync()[0] };
    });
  const short = clip([0.3, 0.4], 1);
  close(short.norm, 0.5, 1e-7);
  assert.deepEqual(short.clipped, [...Float32Array.of(0.3, 0.4)]);
  const long = clip([3, -4], 1);
  assert.equal(long.norm, 5);
  close(long.clipped[0], 0.6, 1e-6);
  close(long.clipped[1], -0.8, 1e-6);
  assert.deepEqual(clip([30, -40], Infinity).clipped, [30, -40]);
  assert.ok(Number.isNaN(clip([1, NaN], 1).norm), "a norm that is not finite is reported");
  assert.equal(clip([1, Infinity], 1).norm, Infinity);
});

test("the moving average warms up: d = min(decay, (1 + n)/(10 + n))", () => {
  assert.equal(averageDecayAt(0.5, 1), 2 / 11);
  assert.equal(averageDecayAt(0.5, 100), 0.5);
  assert.throws(() => averageDecayAt(1, 1), /\[0, 1\), got 1/);
  const next = tf.tidy(() => movingAverage(tf.tensor1d([0, 4]), tf.tensor1d([1, 2]), tf.scalar(0.25)).dataSync());
  assert.deepEqual([...next], [0.75, 2.5]);
});

test("the learning rate rises linearly, stays, or falls along half a cosine to its floor", () => {
  assert.equal(learningRateAt({ peak: 2, warmup: 10 }, 5), 1);
  assert.equal(learningRateAt({ peak: 2, warmup: 10 }, 5000), 2);
  const falling = { peak: 2, warmup: 10, decay: { kind: "cosine", total: 110, floor: 0.1 } } as const;
  close(learningRateAt(falling, 60), 2 * (0.1 + 0.9 * 0.5), 1e-12);
  close(learningRateAt(falling, 110), 0.2, 1e-12);
  close(learningRateAt(falling, 500), 0.2, 1e-12);
  const held = { peak: 2, warmup: 10, decay: { kind: "cosine", from: 110, total: 210, floor: 0.1 } } as const;
  assert.equal(learningRateAt(held, 5), learningRateAt(falling, 5));
  for (const step of [10, 60, 110]) assert.equal(learningRateAt(held, step), 2);
  close(learningRateAt(held, 160), 2 * (0.1 + 0.9 * 0.5), 1e-12);
  close(learningRateAt(held, 210), 0.2, 1e-12);
});
