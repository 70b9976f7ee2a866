/** The target of each prediction and the mean squared error against it. */
import { requireSameShape, requireTensor } from "../runtime/tensor.js";
import { requireFinite } from "../runtime/finite.js";
import * as tf from "../runtime/tf.js";
import { lookUp } from "./coefficients.js";
import type { GaussianPath } from "./paths/path.js";
import { predictionRow, type Prediction } from "./predictions.js";
import type { Timestep } from "./paths/time.js";

/**
 * What a network of the given prediction should output for this x_0, t and noise: ε, x_0, v, −ε/b or ε − x_0.
 *
 * @param x0 clean data, [N, …]
 * @param noise the ε that made x_t, same shape
 * @throws RangeError for t outside the path, t = 0 with `"score"`, or values that are not finite
 */
export function trainingTarget(
  path: GaussianPath,
  prediction: Prediction,
  x0: tf.Tensor,
  t: Timestep,
  noise: tf.Tensor,
): tf.Tensor {
  requireSameShape("x0", x0, "noise", noise);
  requireFinite("x0", x0, "clean the data before it is trained on");
  requireFinite("noise", noise, "take it from normalNoise(seed) or another source of finite numbers");
  return tf.tidy(() =>
    targetFrom(
      prediction,
      x0,
      noise,
      lookUp(path, t, x0, (time) => path.signal(time)),
      lookUp(path, t, x0, (time) => {
        const sigma = path.noise(time);
        if (prediction === "score" && sigma === 0)
          throw new RangeError(
            `the score −ε/b does not exist at t = ${time}, where x_t holds no noise: draw times above 0`,
          );
        return sigma;
      }),
    ),
  );
}

/** {@link trainingTarget} in tensors only (`signal` and `sigma` as [N, 1, …, 1]): the part a compiled step records. */
export function targetFrom(
  prediction: Prediction,
  x0: tf.Tensor,
  noise: tf.Tensor,
  signal: tf.Tensor,
  sigma: tf.Tensor,
): tf.Tensor {
  switch (prediction) {
    case "noise":
      return noise.clone();
    case "sample":
      return x0.clone();
    case "velocity":
      // v = a·ε − b·x_0
      return tf.tidy(() => tf.sub(tf.mul(signal, noise), tf.mul(sigma, x0)));
    case "score":
      // ∇ ln q(x_t | x_0) = −ε/b
      return tf.tidy(() => tf.neg(tf.div(noise, sigma)));
    case "flow":
      // u = ε − x_0
      return tf.sub(noise, x0);
    default:
      predictionRow(prediction, 1, 1);
      throw new RangeError(`no training target for "${String(prediction)}"`);
  }
}

/**
 * Mean square error per example: [N, …] → [N], averaged over everything but the batch.
 */
export function squaredErrorPerExample(output: tf.Tensor, target: tf.Tensor): tf.Tensor1D {
  requireSameShape("output", output, "target", target);
  return tf.tidy(() => {
    const square = tf.square(tf.sub(output, target));
    return tf.mean(tf.reshape(square, [square.shape[0], -1]), 1) as tf.Tensor1D;
  });
}

/**
 * L_simple = mean ‖output − target‖² over batch and elements, optionally weighted per example.
 *
 * Source: Ho et al. 2020 (DDPM), equation 14.
 * @param weight [N]; left out, every example counts the same
 * @returns a scalar
 * @throws RangeError for an output and a target of unequal shapes, or other than one weight per example
 */
export function simpleLoss(output: tf.Tensor, target: tf.Tensor, weight?: tf.Tensor1D): tf.Scalar {
  if (weight !== undefined) requireTensor("weight", weight, "numbers");
  requireTensor("output", output);
  requireTensor("target", target);
  if (weight && (weight.rank !== 1 || weight.size !== output.shape[0]))
    throw new RangeError(`weight has shape [${weight.shape}]: give one weight per example, [${output.shape[0]}]`);
  return tf.tidy(() => {
    const perExample = squaredErrorPerExample(output, target);
    return tf.mean(weight ? tf.mul(perExample, weight) : perExample) as tf.Scalar;
  });
}
