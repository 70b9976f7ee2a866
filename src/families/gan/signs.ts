/** Signs that a game goes wrong, measured on its batches: a generator that collapses, a discriminator that wins. */
import { requireKind } from "../../base/kinds.js";
import { requireLike, requireNumbers, requirePositive } from "../../base/values.js";
import { requireTensor, requireBatch } from "../../runtime/tensor.js";
import type { GaussianModes } from "../../data/index.js";
import * as tf from "../../runtime/tf.js";
import type { PhaseReport } from "../../training/index.js";

/**
 * The share of pairs of a real and a generated example whose real one has the higher score. ½ is guessing, 1 tells all
 * apart; it needs no threshold, so it means the same for every loss.
 *
 * @param real [N]
 * @param fake [N]
 */
export function discriminatorAccuracy(real: tf.Tensor1D, fake: tf.Tensor1D): tf.Scalar {
  requireTensor("real", real, "float", 1);
  requireTensor("fake", fake, "float", 1);
  return tf.tidy(() => tf.mean(tf.cast(tf.greater(tf.reshape(real, [-1, 1]), tf.reshape(fake, [1, -1])), "float32")));
}

/**
 * The mean distance of two examples of a batch, Σ_{i≠j} ‖x_i − x_j‖/(N(N − 1)): 0 where all are one.
 *
 * @param x [N, …shape], N ≥ 2
 */
export function meanPairwiseDistance(x: tf.Tensor): tf.Scalar {
  requireBatch("x", x, 2);
  return tf.tidy(() => {
    const [n] = x.shape;
    const flat = tf.reshape(x, [n, -1]) as tf.Tensor2D;
    // About the batch's mean, so that ‖a‖² + ‖b‖² − 2a·b loses few digits.
    const rows = tf.sub(flat, tf.mean(flat, 0, true)) as tf.Tensor2D;
    const squares = tf.sum(tf.square(rows), 1);
    const products = tf.matMul(rows, rows, false, true);
    const squared = tf.sub(tf.add(tf.reshape(squares, [n, 1]), tf.reshape(squares, [1, n])), tf.mul(products, 2));
    const number = tf.range(0, n);
    const others = tf.cast(tf.notEqual(tf.reshape(number, [n, 1]), tf.reshape(number, [1, n])), "float32");
    return tf.div(tf.sum(tf.mul(tf.sqrt(tf.relu(squared)), others)), n * (n - 1));
  });
}

/**
 * How many of the known modes have a point of the batch within three standard deviations.
 *
 * @param points [N, d]
 */
export function modesCovered(points: tf.Tensor, mixture: GaussianModes): tf.Scalar {
  requireLike("mixture", mixture, ["means", "std"], "ringModes()");
  requireNumbers("means", mixture.means);
  requirePositive("std", mixture.std);
  if (mixture.weights !== undefined) requireNumbers("weights", mixture.weights);
  const { means, std } = mixture;
  requireTensor("points", points);
  return tf.tidy(() => {
    const [n, d] = points.shape;
    const centres = tf.tensor(Float32Array.from(means), [1, means.length / d, d]);
    const squared = tf.sum(tf.squaredDifference(tf.reshape(points, [n, 1, d]), centres), 2);
    const near = tf.cast(tf.lessEqual(squared, (3 * std) ** 2), "float32");
    return tf.sum(tf.max(near, 0));
  });
}

/** From where on a sign is one: below this share of the data's distance, above this share of pairs told apart. */
const LEAST_DIVERSITY = 0.5;
const MOST_ACCURACY = 0.98;

/**
 * What a step's report says of the game, in words; empty for one that goes well. One batch is noisy: it means something
 * when it is said again and again.
 *
 * @param phases of a `StepReport` of a {@link GanTask}'s training
 * @param modes how many there are, where they are known
 */
export function signsOfFailure(phases: Readonly<Record<string, PhaseReport>>, modes?: number): string[] {
  if (modes !== undefined) requireKind("modes", modes, "a number");
  requireKind("phases", phases, "an object");
  requireLike("phases", phases, [], "a trainer's report, report.phases,");
  const { diversity, modes: covered } = phases["generator"]?.metrics ?? {};
  const { accuracy } = phases["discriminator"]?.metrics ?? {};
  const signs: string[] = [];
  if (diversity < LEAST_DIVERSITY) {
    signs.push(`the generator collapses: its examples lie ${diversity.toFixed(2)} times as far apart as the data's`);
  }
  if (modes !== undefined && covered < modes) signs.push(`the generator reaches ${covered} of ${modes} modes`);
  if (accuracy > MOST_ACCURACY) {
    signs.push(`the discriminator wins: it tells ${(100 * accuracy).toFixed(0)} % of pairs apart`);
  }
  return signs;
}
