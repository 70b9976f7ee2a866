/** Attention: queries look at keys and take a mean of values; over tokens, and over the pixels of an image. */
import { requireKind } from "../base/kinds.js";
import { requireWhole } from "../base/values.js";
import { requireScope } from "./parameters.js";
import { requireTensor } from "../runtime/tensor.js";
import { requireKnownKeys } from "../base/check.js";
import * as tf from "../runtime/tf.js";
import type { SaveTensors } from "./fast-gradient.js";
import { Dense } from "./dense.js";
import { GroupNorm } from "./group-norm.js";
import type { DenseStart } from "./initialisers.js";
import type { ParameterScope } from "./parameters.js";
import { countMultiplyAdds, lookAtWeights, part } from "./probe.js";

/** Above this many scores (64 MB of them), attention goes block by block. */
const MAX_SCORES = 2 ** 24;

let undivided = 0;

/**
 * Runs `use` with attention never in blocks, whose number depends on the batch: what is recorded then fits every batch.
 */
export function inOnePiece<T>(use: () => T): T {
  undivided++;
  try {
    return use();
  } finally {
    undivided--;
  }
}

/**
 * Scaled dot-product attention: softmax(Q·Kᵀ/√d + M)·V.
 *
 * Where the scores would be more than `maxScores` numbers, queries are taken in blocks, and the gradient computes each
 * block's scores again instead of keeping them: memory then grows with the length of the sequence, not with its square.
 *
 * @param q [batch, heads, queries, d]
 * @param k [batch, heads, keys, d]
 * @param v [batch, heads, keys, d]
 * @param mask M, [batch or 1, heads or 1, queries or 1, keys]: 0 where a query sees a key, −∞ where it does not (see
 *   {@link causalMask}); it is a constant, of which no gradient is taken. Every query must see some key
 * @throws RangeError if the mask has another shape
 *
 * Source: Vaswani et al. 2017, "Attention is all you need", equation 1; Rabe and Staats 2021, "Self-attention does not
 * need O(n²) memory".
 */
export function scaledDotProductAttention(
  q: tf.Tensor4D,
  k: tf.Tensor4D,
  v: tf.Tensor4D,
  options: { readonly maxScores?: number; readonly mask?: tf.Tensor4D } = {},
): tf.Tensor4D {
  for (const [name, one] of Object.entries({ q, k, v })) requireTensor(name, one, "float", 4);
  requireKnownKeys("scaledDotProductAttention", options, { maxScores: "a number", mask: "a tensor" });
  const { maxScores = MAX_SCORES, mask } = options;
  const [n, heads, queries, d] = q.shape;
  if (mask) requireMask(mask, [n, heads, queries, k.shape[2]]);
  countMultiplyAdds(n * heads * queries * k.shape[2] * (d + v.shape[3]));
  const rows = Math.max(1, Math.floor(maxScores / (n * heads * k.shape[2])));
  return tf.tidy(() => {
    const seen = lookAtWeights(() => attentionWeights(q, k, mask));
    if (!seen && rows < queries && undivided === 0) return blockwiseAttention(rows, mask)(q, k, v);
    return tf.matMul(seen ?? attentionWeights(q, k, mask), v) as tf.Tensor4D;
  });
}

/** The mask of a text that is read from left to right, [1, 1, tokens, tokens]: token i sees the tokens 0 … i. */
export function causalMask(tokens: number): tf.Tensor4D {
  requireWhole("tokens", tokens);
  const values = Float32Array.from({ length: tokens * tokens }, (_, at) =>
    at % tokens <= Math.floor(at / tokens) ? 0 : -Infinity,
  );
  return tf.tensor4d(values, [1, 1, tokens, tokens]);
}

function requireMask(mask: tf.Tensor, scores: readonly number[]): void {
  const fits =
    mask.rank === 4 &&
    mask.shape[3] === scores[3] &&
    mask.shape.every((length, i) => length === 1 || length === scores[i]);
  if (!fits) {
    throw new RangeError(
      `the mask of scores [${scores}] must have their shape, or 1 on axes but the last, got [${mask.shape}]`,
    );
  }
}

/** P = softmax(Q·Kᵀ/√d + M) */
function attentionWeights(q: tf.Tensor, k: tf.Tensor, mask?: tf.Tensor): tf.Tensor {
  const scaled = tf.mul(q, 1 / Math.sqrt(q.shape[q.rank - 1]));
  const scores = tf.matMul(scaled, k, false, true);
  return tf.softmax(mask ? tf.add(scores, mask) : scores);
}

function blockwiseAttention(
  rows: number,
  mask: tf.Tensor4D | undefined,
): (q: tf.Tensor4D, k: tf.Tensor4D, v: tf.Tensor4D) => tf.Tensor4D {
  const block = (x: tf.Tensor, start: number): tf.Tensor => {
    return tf.slice(x, [0, 0, start, 0], [-1, -1, Math.min(rows, x.shape[2]! - start), -1]);
  };
  const rowsOf = (m: tf.Tensor | undefined, start: number): tf.Tensor | undefined => {
    return m && m.shape[2] !== 1 ? block(m, start) : m;
  };
  return tf.customGrad((...args: (tf.Tensor | SaveTensors)[]) => {
    const [q, k, v] = args as [tf.Tensor, tf.Tensor, tf.Tensor];
    const starts = Array.from({ length: Math.ceil(q.shape[2]! / rows) }, (_, i) => i * rows);
    const value = tf.concat(
      starts.map((start) => tf.tidy(() => tf.matMul(attentionWeights(block(q, start), k, rowsOf(mask, start)), v))),
      2,
    );
    (args[3] as SaveTensors)(mask ? [q, k, v, mask] : [q, k, v]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
      const [qs, ks, vs, masks] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor?];
      const scale = 1 / Math.sqrt(qs.shape[3]!);
      const dqs: tf.Tensor[] = [];
      let dk: tf.Tensor = tf.zerosLike(ks);
      let dv: tf.Tensor = tf.zerosLike(vs);
      for (const start of starts) {
        const results = tf.tidy(() => {
          const [qb, dyb] = [block(qs, start), block(dy, start)];
          const p = attentionWeights(qb, ks, rowsOf(masks, start));
          // dP = dY·Vᵀ, dS = P ⊙ (dP − rowsum(dP ⊙ P))
          const dp = tf.matMul(dyb, vs, false, true);
          const ds = tf.mul(tf.mul(p, tf.sub(dp, tf.sum(tf.mul(dp, p), 3, true))), scale);
          return [
            tf.matMul(ds, ks),
            tf.add(dk, tf.matMul(ds, qb, true, false)),
            tf.add(dv, tf.matMul(p, dyb, true, false)),
          ] as [tf.Tensor, tf.Tensor, tf.Tensor];
        });
        tf.dispose([dk, dv]);
        dqs.push(results[0]);
        [, dk, dv] = results;
      }
      return [tf.concat(dqs, 2), dk, dv];
    };
    return { value, gradFunc };
  }) as (q: tf.Tensor4D, k: tf.Tensor4D, v: tf.Tensor4D) => tf.Tensor4D;
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
  private readonly name: string;
  private readonly q: Dense;
  private readonly k: Dense;
  private readonly v: Dense;
  private readonly out: Dense;

  /** @throws RangeError if `heads` does not divide `channels` */
  constructor(
    scope: ParameterScope,
    private readonly options: MultiHeadAttentionOptions,
  ) {
    requireScope(scope);
    requireKnownKeys("MultiHeadAttention", options, {
      contextChannels: true,
      qkvBias: "true or false",
      start: "a function",
      channels: true,
      heads: "a number",
    });
    const { channels, heads, contextChannels = channels, qkvBias: bias = true, start } = options;
    if (channels % heads !== 0) throw new RangeError(`${heads} heads do not divide ${channels} channels`);
    this.name = scope.prefix;
    this.q = new Dense(scope.scope("to_q"), { inputs: channels, outputs: channels, bias, start });
    this.k = new Dense(scope.scope("to_k"), { inputs: contextChannels, outputs: channels, bias, start });
    this.v = new Dense(scope.scope("to_v"), { inputs: contextChannels, outputs: channels, bias, start });
    this.out = new Dense(scope.scope("to_out.0"), { inputs: channels, outputs: channels, start });
  }

  /**
   * @param x [N, tokens, channels]
   * @param context [N, words, contextChannels]; default `x` itself, which is self-attention
   * @param mask which token sees which word, [N or 1, heads or 1, tokens or 1, words]: see {@link scaledDotProductAttention}
   * @returns [N, tokens, channels]
   * @throws RangeError if a last axis has another length, or the mask another shape
   */
  apply(x: tf.Tensor3D, context: tf.Tensor3D = x, mask?: tf.Tensor4D): tf.Tensor3D {
    if (mask !== undefined) requireKind("mask", mask, "a tensor");
    requireTensor("x", x, "float", 3);
    return part(this.name, "attention", () => {
      const [n, tokens, channels] = x.shape;
      const mixed = scaledDotProductAttention(
        this.split(this.q.apply(x)),
        this.split(this.k.apply(context)),
        this.split(this.v.apply(context)),
        { mask },
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
  private readonly name: string;
  private readonly norm: GroupNorm | undefined;
  private readonly attention: MultiHeadAttention;

  /** @throws RangeError if `heads` or `groups` do not divide `channels` */
  constructor(
    scope: ParameterScope,
    private readonly options: PixelAttentionOptions,
  ) {
    requireScope(scope);
    requireKnownKeys("PixelAttention", options, {
      groups: "a number or null",
      epsilon: "a number",
      outputScale: "a number",
      channels: true,
      heads: "a number",
    });
    const { channels, heads, groups, epsilon } = options;
    this.name = scope.prefix;
    if (groups !== null) this.norm = new GroupNorm(scope.scope("group_norm"), { channels, groups, epsilon });
    this.attention = new MultiHeadAttention(scope, { channels, heads });
  }

  /** [N, H, W, channels] → the same shape; each pixel looks at all of its own image. */
  apply(x: tf.Tensor4D): tf.Tensor4D {
    requireTensor("x", x, "float", 4);
    return part(this.name, "attention", () => {
      const [n, h, w, c] = x.shape;
      const { outputScale = 1 } = this.options;
      const tokens = tf.reshape(this.norm ? this.norm.apply(x) : x, [n, h * w, c]) as tf.Tensor3D;
      const sum = tf.add(x, tf.reshape(this.attention.apply(tokens), x.shape)) as tf.Tensor4D;
      return outputScale === 1 ? sum : (tf.div(sum, outputScale) as tf.Tensor4D);
    });
  }
}
