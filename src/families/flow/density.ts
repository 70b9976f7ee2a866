/** The density that a flow gives its examples. */
import { requireTensor } from "../../runtime/tensor.js";
import { requireLike } from "../../base/values.js";
import type { InvertibleNetwork } from "../../networks/index.js";
import * as tf from "../../runtime/tf.js";

/**
 * ln p(x) = ln N(z; 0, I) + ln |det ∂z/∂x| with z = f(x), [N], in nats.
 *
 * @param x [N, …shape]
 * Source: Dinh et al. 2017, "Density estimation using Real NVP", equation 2.
 */
export function logDensity(network: InvertibleNetwork, x: tf.Tensor): tf.Tensor1D {
  requireLike("network", network, ["shape", "forward", "inverse"], "new RealNvp(…) or new Glow(…)");
  requireTensor("x", x);
  return tf.tidy(() => {
    const { z, logDeterminant } = network.forward(x);
    // ln N(z; 0, I) = −½·Σ (z² + ln 2π)
    const base = tf.mul(tf.sum(tf.add(tf.square(z), Math.log(2 * Math.PI)), 1), -0.5);
    return tf.add(base, logDeterminant) as tf.Tensor1D;
  });
}
