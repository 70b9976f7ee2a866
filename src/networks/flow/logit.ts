/** The logit: numbers between 0 and 1 as real ones. */
import * as tf from "../../runtime/tf.js";
import type { Bijection, Transformed } from "./bijection.js";

/**
 * y = logit(p) = ln p − ln (1 − p) with p = α/2 + (1 − α)·x for x in [0, 1]; the margin α keeps p off 0 and 1.
 * ln |det| = Σ ln (1 − α) − ln p − ln (1 − p).
 *
 * Source: Dinh et al. 2017, "Density estimation using Real NVP", section 4.1.
 */
export class Logit<T extends tf.Tensor = tf.Tensor> implements Bijection<T> {
  /** @param margin α, 0 < α < 1 */
  constructor(private readonly margin: number) {}

  forward(x: T): Transformed<T> {
    const { margin } = this;
    const logP = tf.log(tf.add(tf.mul(x, 1 - margin), margin / 2));
    // 1 − p from 1 − x, which float32 keeps near x = 1.
    const logQ = tf.log(tf.add(tf.mul(tf.sub(1, x), 1 - margin), margin / 2));
    const axes = x.shape.slice(1).map((_, axis) => axis + 1);
    const terms = tf.sub(Math.log(1 - margin), tf.add(logP, logQ));
    return { y: tf.sub(logP, logQ) as T, logDeterminant: tf.sum(terms, axes) };
  }

  /** May leave [0, 1] by α/2. */
  inverse(y: T): T {
    return tf.div(tf.sub(tf.sigmoid(y), this.margin / 2), 1 - this.margin) as T;
  }
}
