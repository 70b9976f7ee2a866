/** Group normalisation. */
import { requireTensor } from "../runtime/tensor.js";
import { requireScope } from "./parameters.js";
import { requireKnownKeys } from "../base/check.js";
import * as tf from "../runtime/tf.js";
import { fastGradient } from "./fast-gradient.js";
import { ones, zeros } from "./initialisers.js";
import type { ParameterScope } from "./parameters.js";
import { part } from "./probe.js";

export interface GroupNormOptions {
  readonly channels: number;
  /** Must divide `channels`. */
  readonly groups: number;
  /** Default 1e-5. */
  readonly epsilon?: number;
}

/**
 * Group normalisation: each example's channels are split into groups, and
 * y = γ_c · (x − μ_g)/√(v_g + ε) + β_c with mean μ_g and variance v_g over the group's pixels and channels.
 *
 * Source: Wu and He 2018, "Group normalization", equations 1–4.
 */
export class GroupNorm {
  private readonly gamma: tf.Variable;
  private readonly beta: tf.Variable;
  private readonly name: string;
  private readonly normalize: (x: tf.Tensor4D, gamma: tf.Tensor, beta: tf.Tensor) => tf.Tensor4D;

  /** @throws RangeError if `groups` does not divide `channels` */
  constructor(scope: ParameterScope, options: GroupNormOptions) {
    requireScope(scope);
    requireKnownKeys("GroupNorm", options, { channels: true, groups: "a number", epsilon: "a number" });
    const { channels, groups, epsilon = 1e-5 } = options;
    if (channels % groups !== 0) {
      throw new RangeError(`${groups} groups do not divide ${channels} channels: choose norm_num_groups that does`);
    }
    this.name = scope.prefix;
    this.gamma = scope.create("weight", "plain", [channels], ones);
    this.beta = scope.create("bias", "plain", [channels], zeros);
    this.normalize = groupNormalize(groups, epsilon);
  }

  /** [N, H, W, channels] → the same shape */
  apply(x: tf.Tensor4D): tf.Tensor4D {
    requireTensor("x", x, "float", 4);
    return part(this.name, "norm", () => this.normalize(x, this.gamma, this.beta));
  }
}

/**
 * The function with its gradient. All statistics are sums per (example, channel), so forward is one
 * multiply–add over the image and backward two, instead of the dozen passes the tape would record.
 */
function groupNormalize(groups: number, epsilon: number) {
  const plain = (x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor): tf.Tensor => {
    const [n, h, w, c] = x.shape;
    const grouped = tf.reshape(x, [n, h * w, groups, c / groups]);
    const centred = tf.sub(grouped, tf.mean(grouped, [1, 3], true));
    const variance = tf.mean(tf.square(centred), [1, 3], true);
    const normal = tf.reshape(tf.mul(centred, tf.rsqrt(tf.add(variance, epsilon))), x.shape);
    return tf.add(tf.mul(normal, gamma), beta);
  };
  return fastGradient(plain, (save, x, gamma, beta) => {
    const [n, h, w, c] = x.shape;
    const perGroup = c / groups;
    const pixels = h * w;
    const size = pixels * perGroup;

    // Sum of [N, C] over each group, and the way back: [N, G] repeated to [N, C].
    const groupSum = (t: tf.Tensor): tf.Tensor => tf.sum(tf.reshape(t, [n, groups, perGroup]), 2, true);
    const spread = (t: tf.Tensor): tf.Tensor => tf.reshape(tf.tile(t, [1, 1, perGroup]), [n, 1, c]);

    const flat = tf.reshape(x, [n, pixels, c]);
    const mean = tf.div(groupSum(tf.sum(flat, 1)), size);
    const mu = spread(mean);
    // v = E[(x − μ)²]: E[x²] − μ² would lose every digit of v where μ ≫ √v
    const variance = tf.div(groupSum(tf.sum(tf.squaredDifference(flat, mu), 1)), size);
    const r = spread(tf.rsqrt(tf.add(variance, epsilon)));
    const scale = tf.mul(r, gamma);
    const shift = tf.sub(beta, tf.mul(mu, scale));
    const value = tf.reshape(tf.add(tf.mul(flat, scale), shift), x.shape);
    save([x, gamma, r, mu, scale]);

    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
      const [xs, gammas, rs, mus, scales] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      const flatX = tf.reshape(xs, [n, pixels, c]);
      const flatDy = tf.reshape(dy, [n, pixels, c]);
      const sumDy = tf.sum(flatDy, 1, true);
      // Σ dy·x̂ = (Σ dy·x − μ·Σ dy)·r
      const sumDyXhat = tf.mul(tf.sub(tf.sum(tf.mul(flatDy, flatX), 1, true), tf.mul(mus, sumDy)), rs);
      const dGamma = tf.sum(sumDyXhat, [0, 1]);
      const dBeta = tf.sum(sumDy, [0, 1]);
      const a = spread(tf.div(groupSum(tf.mul(gammas, sumDy)), size));
      const b = spread(tf.div(groupSum(tf.mul(gammas, sumDyXhat)), size));
      // dx = r·(γ·dy − a − x̂·b) = scale·dy − (r²·b)·x + r·(μ·r·b − a)
      const slope = tf.mul(tf.square(rs), b);
      const offset = tf.sub(tf.mul(mus, slope), tf.mul(rs, a));
      const dx = tf.add(tf.sub(tf.mul(flatDy, scales), tf.mul(flatX, slope)), offset);
      return [tf.reshape(dx, [n, h, w, c]), dGamma, dBeta];
    };
    return { value, gradFunc };
  }) as (x: tf.Tensor4D, gamma: tf.Tensor, beta: tf.Tensor) => tf.Tensor4D;
}
