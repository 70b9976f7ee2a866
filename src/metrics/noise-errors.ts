/** The training loss, time by time. */
import { requireFunction, requireNumbers } from "../base/values.js";
import { requireTensor } from "../runtime/tensor.js";
import * as tf from "../runtime/tf.js";
import { qSample, toNoise, type Denoiser, type GaussianPath } from "../diffusion/index.js";
import { requirePath, timesTensor } from "../diffusion/denoiser.js";

/**
 * L_simple taken apart by time: the mean square error of ε̂ over examples and elements at each of some times, one
 * evaluation each.
 *
 * Source: Ho et al. 2020 (DDPM), equation 14, before its average over t.
 * @param x0 clean data, [N, …]
 * @param times 0 < t ≤ T
 * @param noise ε ~ N(0, I) for time t: `normalNoise(seed)`
 * @throws RangeError for a denoiser of another path, a time outside the path, or where the denoiser's prediction does not determine ε̂
 */
export function noiseErrors(
  denoiser: Denoiser,
  path: GaussianPath,
  x0: tf.Tensor,
  times: readonly number[],
  noise: (t: number, shape: readonly number[]) => tf.Tensor,
): number[] {
  requireTensor("x0", x0);
  requireNumbers("times", times);
  requireFunction("noise", noise, "(t, shape) => tf.randomNormal([...shape])");
  requirePath(denoiser, path);
  return times.map((t) => {
    const error = tf.tidy(() => {
      const epsilon = noise(t, x0.shape);
      const xt = qSample(path, x0, t, epsilon);
      const output = denoiser.predict(xt, timesTensor(xt, t));
      return tf.mean(tf.square(tf.sub(toNoise(path, denoiser.predicts, output, xt, t), epsilon)));
    });
    const [value] = error.dataSync();
    error.dispose();
    return value;
  });
}
