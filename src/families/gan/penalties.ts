/** Penalties on the discriminator's slope at single examples, whose gradients are second derivatives. */
import { requireBatch } from "../../runtime/tensor.js";
import { requireKnownKeys } from "../../base/check.js";
import { requirePositive, requireFunction } from "../../base/values.js";
import * as tf from "../../runtime/tf.js";

/** A penalty that a discriminator pays besides its loss. */
export interface SlopePenalty {
  readonly name: string;
  /** Where slopes are taken: at the real examples, or between each and a generated one. */
  readonly at: "real" | "between";
  /** What is paid for ‖∇_x s(x)‖² of each example, [N]. */
  of(squaredSlopes: tf.Tensor1D): tf.Scalar;
}

/**
 * R₁ = γ/2·E‖∇_x s(x)‖² at the real examples: it takes the discriminator's slope away where the game is at rest, and so
 * makes training converge there.
 *
 * Source: Mescheder, Geiger and Nowozin 2018, "Which training methods for GANs do actually converge?", equation 9.
 *
 * @param options.gamma γ > 0, default 1; 10 in the paper, for images of many pixels
 * @throws RangeError for a γ that is not positive and finite
 */
export function r1Penalty(options: { readonly gamma?: number } = {}): SlopePenalty {
  requireKnownKeys("r1Penalty", options, { gamma: true });
  const { gamma = 1 } = options;
  requirePositive("gamma", gamma);
  return { name: "r1", at: "real", of: (squared) => tf.tidy(() => tf.mul(tf.mean(squared), gamma / 2)) };
}

/** Keeps the norm's own gradient finite where a slope is 0. */
const SMALLEST_SQUARE = 1e-12;

/**
 * WGAN-GP: λ·E(‖∇_x s(x̂)‖ − 1)² at x̂ = u·x + (1 − u)·G(z), u uniform in [0, 1) for each pair.
 *
 * Source: Gulrajani et al. 2017, "Improved training of Wasserstein GANs", equation 3.
 *
 * @param options.weight λ > 0, default 10
 * @throws RangeError for a λ that is not positive and finite
 */
export function gradientPenalty(options: { readonly weight?: number } = {}): SlopePenalty {
  requireKnownKeys("gradientPenalty", options, { weight: true });
  const { weight = 10 } = options;
  requirePositive("weight", weight);
  return {
    name: "gradient",
    at: "between",
    of: (squared) =>
      tf.tidy(() => {
        const norms = tf.sqrt(tf.add(squared, SMALLEST_SQUARE));
        return tf.mul(tf.mean(tf.square(tf.sub(norms, 1))), weight);
      }),
  };
}

/** s(x) and ‖∇_x s(x)‖² of each example, both [N] and differentiable. */
export interface ScoredSlopes {
  readonly scores: tf.Tensor1D;
  readonly squaredSlopes: tf.Tensor1D;
}

/**
 * Scores of examples and their squared slopes, in one pass and its gradient. One score must depend on one example only: a
 * norm over the batch would mix their slopes.
 *
 * @param score s, [N, …shape] → [N]
 */
export function scoredSlopes(score: (x: tf.Tensor) => tf.Tensor1D, x: tf.Tensor): ScoredSlopes {
  requireFunction("score", score, "(x) => discriminator.apply(x)");
  requireBatch("x", x);
  const scores = (examples: tf.Tensor): tf.Tensor1D => {
    const given = score(examples);
    if (given.rank === 1 && given.shape[0] === x.shape[0]) return given;
    throw new RangeError(`the score of x must be one number an example, [${x.shape[0]}], got shape [${given.shape}]`);
  };
  return tf.tidy(() => {
    const { value, grad } = tf.valueAndGrad(scores)(x, tf.ones([x.shape[0]]));
    const rest = x.shape.slice(1).map((_, i) => i + 1);
    const squaredSlopes: tf.Tensor1D = tf.sum(tf.square(grad), rest);
    return { scores: value as tf.Tensor1D, squaredSlopes };
  });
}
