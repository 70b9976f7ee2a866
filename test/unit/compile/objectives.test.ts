/** Every loss of the theory can be recorded and keeps its value and gradient. */
import { test } from "node:test";
import {
  boundTerm,
  linearSchedule,
  preconditioned,
  edmPath,
  scoreMatchingLoss,
  simpleLoss,
} from "../../../src/diffusion/index.js";
import * as tf from "../../../src/runtime/tf.js";
import { assertSame, normals, temporaryCache } from "./support.js";

// What the trainer's tests do not reach: losses that are called by hand, with times known when the graph is made.
const cacheFolder = temporaryCache();
const schedule = linearSchedule({ T: 50 });
const times = [1, 7, 50];

/** The loss of outputs and its gradient to them, as a graph and operation by operation. */
function assertLossSame(
  loss: (output: tf.Tensor, given: Record<string, tf.Tensor>) => tf.Tensor,
  given: Record<string, tf.Tensor>,
): void {
  const inputs = { output: normals([3, 2, 4], 5), ...given };
  assertSame(
    (all: Record<string, tf.Tensor>) => {
      const mean = (output: tf.Tensor): tf.Scalar => tf.mean(loss(output, all));
      const { value, grad } = tf.valueAndGrad(mean)(all["output"]);
      return { value, grad };
    },
    inputs,
    { cacheFolder },
  );
  tf.dispose(inputs);
}

test("denoising score matching", () => {
  assertLossSame((score, { noise }) => scoreMatchingLoss(schedule, score, noise, times), {
    noise: normals([3, 2, 4], 1),
  });
});

test("L_simple with weights", () => {
  assertLossSame((output, { target, weight }) => simpleLoss(output, target, weight as tf.Tensor1D), {
    target: normals([3, 2, 4], 1),
    weight: tf.tensor1d([0.5, 1, 2]),
  });
});

test("the variational bound: the decoder's term at t = 1, Kullback–Leibler divergences above", () => {
  assertLossSame(
    (output, { x0, xt, logVariance }) => {
      // Near the data: far from it the decoder's term is a difference of nearly equal numbers.
      const mean = tf.add(x0, tf.mul(output, 0.05));
      return boundTerm(schedule, x0, xt, times, { mean, logVariance });
    },
    {
      x0: tf.tidy(() => tf.clipByValue(normals([3, 2, 4], 1), -1, 1)),
      xt: normals([3, 2, 4], 2),
      logVariance: tf.fill([3, 2, 4], -4),
    },
  );
});

test("the error of a preconditioned denoiser", () => {
  const path = edmPath();
  assertLossSame(
    (scale, { xt, x0 }) => {
      const denoiser = preconditioned((scaled) => tf.mul(scaled, scale), path);
      return tf.squaredDifference(denoiser.predict(xt, tf.fill([3], path.T / 2) as tf.Tensor1D), x0);
    },
    { x0: normals([3, 2, 4], 1), xt: normals([3, 2, 4], 2) },
  );
});
