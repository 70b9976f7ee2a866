/** What flows are chained from: maps that can be undone, with the logarithm of how they change volumes. */
import type * as tf from "../../runtime/tf.js";

/** y = f(x), and ln |det ∂y/∂x|: [N], or a scalar where it is the same for every example. */
export interface Transformed<T extends tf.Tensor = tf.Tensor> {
  readonly y: T;
  readonly logDeterminant: tf.Tensor;
}

/**
 * A map f with an inverse. Chained, ln |det| adds up: ln p(x) = ln p(f(x)) + ln |det ∂f/∂x|.
 *
 * Source: Dinh et al. 2017, "Density estimation using Real NVP", equation 3.
 */
export interface Bijection<T extends tf.Tensor = tf.Tensor> {
  forward(x: T): Transformed<T>;
  /** x with f(x) = y. */
  inverse(y: T): T;
}
