import assert from "node:assert/strict";
import { test } from "node:test";
import { AdamW, clipGlobalNorm, learningRateAt, MovingAverage } from "../../../src/training/index.js";

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

test("the first AdamW step moves each parameter by the learning rate against its gradient's sign", () => {
  const values = Float32Array.of(1, 1, 1);
  new AdamW(3).update(values, Float32Array.of(1e-3, -50, 0), 0.01, 1);
  close(values[0], 0.99, 1e-6);
  close(values[1], 1.01, 1e-6);
  assert.equal(values[2], 1);
});

test("AdamW follows the algorithm over many steps, with and without weight decay", () => {
  for (const weightDecay of [0, 0.1]) {
    const optimizer = new AdamW(1, { weightDecay });
    const values = Float32Array.of(0.7);
    const gradients = Array.from({ length: 50 }, (_, i) => Math.sin(i) + 0.3);
    gradients.forEach((g, i) => optimizer.update(values, Float32Array.of(g), 0.01, i + 1));
    close(values[0], referenceAdamW(0.7, gradients, 0.01, weightDecay), 2e-6);
  }
});

test("AdamW refuses betas outside [0, 1)", () => {
  assert.throws(() => new AdamW(1, { beta2: 1 }), /\[0, 1\), got 0\.9 and 1/);
});

test("clipping keeps a short gradient, scales a long one to the norm, and returns the norm before", () => {
  const short = Float32Array.of(0.3, 0.4);
  close(clipGlobalNorm(short, 1), 0.5, 1e-7);
  assert.deepEqual([...short], [...Float32Array.of(0.3, 0.4)]);
  const long = Float32Array.of(3, -4);
  assert.equal(clipGlobalNorm(long, 1), 5);
  close(long[0], 0.6, 1e-6);
  close(long[1], -0.8, 1e-6);
});

test("clipping reports a norm that is not finite", () => {
  assert.ok(Number.isNaN(clipGlobalNorm(Float32Array.of(1, NaN), 1)));
  assert.equal(clipGlobalNorm(Float32Array.of(1, Infinity), 1), Infinity);
});

test("the moving average warms up: d = min(decay, (1 + n)/(10 + n))", () => {
  const average = new MovingAverage(Float32Array.of(0), 0.5);
  average.update(Float32Array.of(1), 1); // d = 2/11
  close(average.values[0], 9 / 11, 1e-6);
  average.update(Float32Array.of(1), 100); // d = 0.5
  close(average.values[0], 1 - 0.5 * (2 / 11), 1e-6);
});

test("the learning rate rises linearly, stays, or falls along half a cosine to its floor", () => {
  assert.equal(learningRateAt({ peak: 2, warmup: 10 }, 5), 1);
  assert.equal(learningRateAt({ peak: 2, warmup: 10 }, 5000), 2);
  const falling = { peak: 2, warmup: 10, decay: { kind: "cosine", total: 110, floor: 0.1 } } as const;
  close(learningRateAt(falling, 60), 2 * (0.1 + 0.9 * 0.5), 1e-12);
  close(learningRateAt(falling, 110), 0.2, 1e-12);
  close(learningRateAt(falling, 500), 0.2, 1e-12);
});
