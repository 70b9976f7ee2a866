/** ActNorm: a scale and a shift for each channel, which start from the moments of the first batch. */
import { requireTensor } from "../../runtime/tensor.js";
import { requireWhole } from "../../base/values.js";
import { requireScope } from "../../nn/parameters.js";
import type { ParameterScope } from "../../nn/index.js";
import { zeros } from "../../nn/index.js";
import * as tf from "../../runtime/tf.js";
import type { Bijection, Transformed } from "./bijection.js";

/** No channel is scaled up by more than this: one that never changes in the first batch has deviation 0. */
const LEAST_DEVIATION = 1e-3;

/**
 * y = (x + bias)·e^{log_scale} over the last axis; ln |det| is Σ log_scale for each position.
 *
 * Source: Kingma & Dhariwal 2018, "Glow: generative flow with invertible 1×1 convolutions", section 3.1.
 */
export class ActNorm<T extends tf.Tensor = tf.Tensor> implements Bijection<T> {
  private readonly bias: tf.Variable;
  private readonly logScale: tf.Variable;

  constructor(scope: ParameterScope, channels: number) {
    requireScope(scope);
    requireWhole("channels", channels);
    this.bias = scope.create("bias", "plain", [channels], zeros);
    this.logScale = scope.create("log_scale", "plain", [channels], zeros);
  }

  /** Makes y of these x mean 0 and variance 1 in every channel. */
  initialise(x: T): void {
    this.requireChannels("x", x);
    tf.tidy(() => {
      const { mean, variance } = tf.moments(
        x,
        x.shape.slice(0, -1).map((_, axis) => axis),
      );
      this.bias.assign(tf.neg(mean));
      this.logScale.assign(tf.neg(tf.log(tf.maximum(tf.sqrt(variance), LEAST_DEVIATION))));
    });
  }

  forward(x: T): Transformed<T> {
    this.requireChannels("x", x);
    const positions = x.shape.slice(1, -1).reduce((product, size) => product * size, 1);
    return {
      y: tf.mul(tf.add(x, this.bias), tf.exp(this.logScale)) as T,
      logDeterminant: tf.mul(tf.sum(this.logScale), positions),
    };
  }

  inverse(y: T): T {
    this.requireChannels("y", y);
    return tf.sub(tf.mul(y, tf.exp(tf.neg(this.logScale))), this.bias) as T;
  }

  /** @throws RangeError for other than examples with these channels last */
  private requireChannels(name: string, x: T): void {
    requireTensor(name, x);
    const channels = this.bias.shape[0];
    if (x.rank > 1 && x.shape[x.rank - 1] === channels) return;
    throw new RangeError(`${name} must be [N, …, ${channels}], got shape [${x.shape.join(", ")}]`);
  }
}
