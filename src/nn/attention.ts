import * as tf from "../tf.js";
import { Dense } from "./dense.js";
import { GroupNorm } from "./group-norm.js";
import type { DenseStart, ParameterScope } from "./parameters.js";

/**
 * Scaled dot-product attention: softmax(Q·Kᵀ/√d)·V.
 *
 * @param q [batch, heads, queries, d]
 * @param k [batch, heads, keys, d]
 * @param v [batch, heads, keys, d]
 *
 * Source: Vaswani et al. 2017, "Attention is all you need", equation 1.
 */
export function scaledDotProductAttention(q: tf.Tensor4D, k: tf.Tensor4D, v: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => {
    const scores = tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(q.shape[3]));
    return tf.matMul(tf.softmax(scores), v) as tf.Tensor4D;
  });
}

export interface AttentionOptions {
  readonly channels: number;
  /** Must divide `channels`. */
  readonly heads: number;
}

export interface MultiHeadAttentionOptions extends AttentionOptions {
  /** Channels of what keys and values are made from, default `channels`. */
  readonly contextChannels?: number;
  /** Whether queries, keys and values have a bias, default true; the output always has. */
  readonly qkvBias?: boolean;
  readonly start?: DenseStart;
}

/** Multi-head attention over tokens [batch, tokens, channels]; queries from `x`, keys and values from `context`. */
export class MultiHeadAttention {
  private readonly q: Dense;
  private readonly k: Dense;
  private readonly v: Dense;
  private readonly out: Dense;

  constructor(
    scope: ParameterScope,
    private readonly options: MultiHeadAttentionOptions,
  ) {
    const { channels, heads, contextChannels = channels, qkvBias: bias = true, start } = options;
    if (channels % heads !== 0) throw new RangeError(`${heads} heads do not divide ${channels} channels`);
    this.q = new Dense(scope.scope("to_q"), { inputs: channels, outputs: channels, bias, start });
    this.k = new Dense(scope.scope("to_k"), { inputs: contextChannels, outputs: channels, bias, start });
    this.v = new Dense(scope.scope("to_v"), { inputs: contextChannels, outputs: channels, bias, start });
    this.out = new Dense(scope.scope("to_out.0"), { inputs: channels, outputs: channels, start });
  }

  apply(x: tf.Tensor3D, context: tf.Tensor3D = x): tf.Tensor3D {
    return tf.tidy(() => {
      const [n, tokens, channels] = x.shape;
      const mixed = scaledDotProductAttention(
        this.split(this.q.apply(x)),
        this.split(this.k.apply(context)),
        this.split(this.v.apply(context)),
      );
      const joined = tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [n, tokens, channels]) as tf.Tensor3D;
      return this.out.apply(joined);
    });
  }

  /** [N, S, C] → [N, heads, S, C/heads] */
  private split(x: tf.Tensor3D): tf.Tensor4D {
    const { heads } = this.options;
    const [n, tokens, channels] = x.shape;
    return tf.transpose(tf.reshape(x, [n, tokens, heads, channels / heads]), [0, 2, 1, 3]) as tf.Tensor4D;
  }
}

export interface PixelAttentionOptions extends AttentionOptions {
  /** Groups of the norm before the attention, null for no norm. */
  readonly groups: number | null;
  readonly epsilon?: number;
  /** The sum of the two paths is divided by this, default 1. */
  readonly outputScale?: number;
}

/** Self-attention over the pixels of an image, beside a residual path: y = (x + attention(norm(x)))/scale. */
export class PixelAttention {
  private readonly norm: GroupNorm | undefined;
  private readonly attention: MultiHeadAttention;

  constructor(
    scope: ParameterScope,
    private readonly options: PixelAttentionOptions,
  ) {
    const { channels, groups, epsilon } = options;
    if (groups !== null) this.norm = new GroupNorm(scope.scope("group_norm"), { channels, groups, epsilon });
    this.attention = new MultiHeadAttention(scope, options);
  }

  apply(x: tf.Tensor4D): tf.Tensor4D {
    return tf.tidy(() => {
      const [n, h, w, c] = x.shape;
      const { outputScale = 1 } = this.options;
      const tokens = tf.reshape(this.norm ? this.norm.apply(x) : x, [n, h * w, c]) as tf.Tensor3D;
      const sum = tf.add(x, tf.reshape(this.attention.apply(tokens), x.shape)) as tf.Tensor4D;
      return outputScale === 1 ? sum : (tf.div(sum, outputScale) as tf.Tensor4D);
    });
  }
}
