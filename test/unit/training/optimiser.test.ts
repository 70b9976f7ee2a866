import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "../../../src/runtime/tf.js";
import {
  adamWArrays,
  adamWOptions,
  adamWScalars,
  adamWUpdate,
  averageArrays,
  averageDecayAt,
  clipArray,
  clipGlobalNorm,
  learningRateAt,
  movingAverage,
  type AdamWArrays,
  type AdamWOptions,
  type AdamWState,
} from "../../../src/training/index.js";

const close = (actual: number, expected: number, tolerance: number): void =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not within ${tolerance} of ${expected}`);

/** AdamW written down a second time, in float64 and step by step as algorithm 2 states it. */
function referenceAdamW(start: number, gradients: number[], rate: number, decay: number): number {
  let [theta, m, v] = [start, 0, 0];
  gradients.forEach((g, i) => {
    m = 0.9 * m + 0.1 * g;
    v = 0.999 * v + 0.001 * g ** 2;
    const mHat = m / (1 - 0.9 ** (i + 1));
    const vHat = v / (1 - 0.999 ** (i + 1));
    theta = theta - rate * decay * theta - (rate * mHat) / (Math.sqrt(vHat) + 1e-8);
  });
  return theta;
}

type Descend = (start: number[], gradients: number[][], rate: number, options?: AdamWOptions) => number[];

/** AdamW from the first step on, the parameters after the last gradient: in tensors, and over plain arrays. */
const descents: Record<string, Descend> = {
  tensors: (start, gradients, rate, options) => {
    const complete = adamWOptions(options);
    let state: AdamWState = {
      values: tf.tensor1d(start),
      mean: tf.zeros([start.length]),
      meanSquare: tf.zeros([start.length]),
    };
    return tf.tidy(() => {
      gradients.forEach((gradient, i) => {
        const { rate: r, keep, correction } = adamWScalars(complete, rate, i + 1);
        const scalars = { rate: tf.scalar(r), keep: tf.scalar(keep), correction: tf.scalar(correction) };
        state = adamWUpdate(state, tf.tensor1d(gradient), scalars, complete);
      });
      return [...state.values.dataSync()];
    });
  },
  arrays: (start, gradients, rate, options) => {
    const complete = adamWOptions(options);
    let state: AdamWArrays = {
      values: Float32Array.from(start),
      mean: new Float32Array(start.length),
      meanSquare: new Float32Array(start.length),
    };
    gradients.forEach((gradient, i) => {
      state = adamWArrays(state, Float32Array.from(gradient), adamWScalars(complete, rate, i + 1), complete);
    });
    return [...state.values];
  },
};

for (const [form, descend] of Object.entries(descents)) {
  test(`the first AdamW step moves each parameter by the learning rate against its gradient's sign (${form})`, () => {
    const values = descend([1, 1, 1], [[1e-3, -50, 0]], 0.01);
    close(values[0], 0.99, 1e-6);
    close(values[1], 1.01, 1e-6);
    assert.equal(values[2], 1);
  });

  test(`AdamW follows the algorithm over many steps, with and without weight decay (${form})`, () => {
    for (const weightDecay of [0, 0.1]) {
      const gradients = Array.from({ length: 50 }, (_, i) => Math.sin(i) + 0.3);
      const [value] = descend(
        [0.7],
        gradients.map((g) => [g]),
        0.01,
        { weightDecay },
      );
      close(value, referenceAdamW(0.7, gradients, 0.01, weightDecay), 2e-6);
    }
  });
}

test("AdamW over arrays leaves its arguments as they were, and refuses arrays of two networks", () => {
  const state = { values: Float32Array.of(1, 2), mean: new Float32Array(2), meanSquare: new Float32Array(2) };
  const before = structuredClone(state);
  const complete = adamWOptions();
  const step = (length: number) =>
    adamWArrays(state, new Float32Array(length).fill(3), adamWScalars(complete, 0.1, 1), complete);
  assert.notDeepEqual(step(2).values, before.values);
  assert.deepEqual(state, before);
  assert.throws(() => step(3), /arrays of one network have one length, got gradient 3, values 2, mean 2, meanSquare 2/);
  assert.throws(() => averageArrays(new Float32Array(2), new Float32Array(3), 0.5), /got average 2, values 3/);
});

test("AdamW refuses betas outside [0, 1), an epsilon that is 0 in float32 and a negative decay; undefined is the default", () => {
  assert.throws(() => adamWOptions({ beta2: 1 }), /\[0, 1\), got 0\.9 and 1/);
  assert.throws(() => adamWOptions({ epsilon: 0 }), /epsilon must be positive in float32, got 0/);
  assert.throws(() => adamWOptions({ epsilon: 1e-50 }), /epsilon must be positive in float32, got 1e-50/);
  assert.throws(() => adamWOptions({ weightDecay: -0.1 }), /weightDecay must be finite and ≥ 0, got -0\.1/);
  assert.deepEqual(adamWOptions({ weightDecay: undefined, epsilon: undefined }), adamWOptions());
});

const clips: Record<string, (gradient: number[], maxNorm: number) => { clipped: number[]; norm: number }> = {
  tensors: (gradient, maxNorm) =>
    tf.tidy(() => {
      const { clipped, norm } = clipGlobalNorm(tf.tensor1d(gradient), maxNorm);
      return { clipped: [...clipped.dataSync()], norm: norm.dataSync()[0] };
    }),
  arrays: (gradient, maxNorm) => {
    const { clipped, norm } = clipArray(Float32Array.from(gradient), maxNorm);
    return { clipped: [...clipped], norm };
  },
};

for (const [form, clip] of Object.entries(clips)) {
  test(`clipping keeps a short gradient, scales a long one to the norm, and returns the norm before (${form})`, () => {
    const short = clip([0.3, 0.4], 1);
    close(short.norm, 0.5, 1e-7);
    assert.deepEqual(short.clipped, [...Float32Array.of(0.3, 0.4)]);
    const long = clip([3, -4], 1);
    assert.equal(long.norm, 5);
    close(long.clipped[0], 0.6, 1e-6);
    close(long.clipped[1], -0.8, 1e-6);
  });

  test(`clipping reports a norm that is not finite (${form})`, () => {
    assert.ok(Number.isNaN(clip([1, NaN], 1).norm));
    assert.equal(clip([1, Infinity], 1).norm, Infinity);
  });
}

test("the moving average warms up: d = min(decay, (1 + n)/(10 + n))", () => {
  assert.equal(averageDecayAt(0.5, 1), 2 / 11);
  assert.equal(averageDecayAt(0.5, 100), 0.5);
  assert.throws(() => averageDecayAt(1, 1), /\[0, 1\), got 1/);
  const next = tf.tidy(() => movingAverage(tf.tensor1d([0, 4]), tf.tensor1d([1, 2]), tf.scalar(0.25)).dataSync()[0]);
  close(next, 0.75, 1e-7);
  assert.deepEqual([...averageArrays(Float32Array.of(0, 4), Float32Array.of(1, 2), 0.25)], [0.75, 2.5]);
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
