/** How alike two feature maps are. */
import { requireTensor } from "../runtime/tensor.js";
import * as tf from "../runtime/tf.js";

/**
 * How alike the feature maps of two examples are, −1 … 1: the cosine of the angle between them after the mean of each
 * channel over the image is taken off, so that patterns count and not how strong they are.
 *
 *   Σ a·b/√(Σ a²·Σ b²) with a = map[i] − mean over pixels, b = map[j] − mean over pixels
 *
 * @param map [N, H, W, C]
 * @throws RangeError when an example is outside the batch, or one has no pattern: every channel is constant
 */
export function mapCorrelation(map: tf.Tensor, i: number, j: number): number {
  requireTensor("map", map);
  const [count] = map.shape;
  for (const example of [i, j]) {
    if (map.rank !== 4 || !Number.isInteger(example) || example < 0 || example >= count) {
      throw new RangeError(`there is no example ${example} in a map of shape [${map.shape}]: it must be [N, H, W, C]`);
    }
  }
  const [ab, aa, bb] = tf.tidy(() => {
    const [a, b] = [i, j].map((example) => {
      const one = tf.slice(map, example, 1);
      return tf.sub(one, tf.mean(one, [1, 2], true));
    });
    return tf.stack([tf.sum(tf.mul(a, b)), tf.sum(tf.square(a)), tf.sum(tf.square(b))]).arraySync() as number[];
  });
  if (!(aa > 0 && bb > 0)) throw new RangeError("a map whose channels are all constant correlates with nothing");
  return ab / Math.sqrt(aa * bb);
}
