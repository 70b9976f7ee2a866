/** Walks between two noises, along the sphere on which noise lies. */
import { requireNumber } from "../../base/values.js";
import { requireSameShape } from "../../runtime/tensor.js";
import { allFinite, requireFinite } from "../../runtime/finite.js";
import * as tf from "../../runtime/tf.js";

/** 1 + cos θ below which two noises are opposite: float32 rounds a cosine by 1e-7. */
const OPPOSITE = 1e-6;

/**
 * Spherical interpolation between two noises, per example: (sin((1−u)θ)·a + sin(uθ)·b)/sin θ with θ the angle between
 * them. Straight interpolation would shrink the norm that samplers expect of noise.
 *
 * Source: Shoemake 1985; used on x_T in Song et al. 2021 (DDIM), equation 67.
 * @param a, b noises of the same shape, [N, …]
 * @param share u in 0 … 1
 * @throws RangeError where there is no arc between them: an example of zeros has no direction, and between opposite ones
 * every way is as short
 */
export function interpolateNoise(a: tf.Tensor, b: tf.Tensor, share: number): tf.Tensor {
  requireNumber("share", share);
  if (!(share >= 0 && share <= 1)) throw new RangeError(`share must lie in 0 … 1, got ${share}`);
  requireSameShape("a", a, "b", b);
  for (const [name, noise] of Object.entries({ a, b })) requireFinite(name, noise, "interpolate finite noise");
  return tf.tidy(() => {
    const axes = a.shape.map((_, axis) => axis).slice(1);
    const inner = (x: tf.Tensor, y: tf.Tensor): tf.Tensor => tf.sum(tf.mul(x, y), axes, true);
    const squares = { a: inner(a, a), b: inner(b, b) };
    for (const [name, square] of Object.entries(squares))
      refuse(tf.equal(square, 0), (i) => `${name} is zero in example ${i} and has no direction: give noise`);
    const cosine = tf.div(inner(a, b), tf.sqrt(tf.mul(squares.a, squares.b)));
    refuse(
      tf.less(tf.add(cosine, 1), OPPOSITE),
      (i) => `a and b are opposite in example ${i}, where no way between them is the shortest: go by a third noise`,
    );
    const angle = tf.acos(tf.clipByValue(cosine, -1, 1));
    const sine = tf.sin(angle);
    // Where the two are parallel the limit is straight interpolation.
    const safe = tf.maximum(sine, 1e-6);
    const parallel = tf.cast(tf.lessEqual(sine, 1e-6), "float32");
    const weight = (part: number): tf.Tensor =>
      tf.add(tf.mul(tf.div(tf.sin(tf.mul(angle, part)), safe), tf.sub(1, parallel)), tf.mul(parallel, part));
    return tf.add(tf.mul(weight(1 - share), a), tf.mul(weight(share), b));
  });
}

/** Throws for the first example whose flag is set; like all checks of values, not while `compile` records. */
function refuse(flags: tf.Tensor, message: (example: number) => string): void {
  if (allFinite(tf.where(flags, NaN, 0))) return;
  throw new RangeError(message(flags.dataSync().indexOf(1)));
}
