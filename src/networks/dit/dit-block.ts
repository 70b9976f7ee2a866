/** The block of a DiT, which time, class and text steer. */
import { requireTensor } from "../../runtime/tensor.js";
import * as tf from "../../runtime/tf.js";
import {
  Dense,
  Embedding,
  FeedForward,
  LayerNorm,
  MultiHeadAttention,
  part,
  normalStart,
  silu,
  sinusoidalEmbedding,
  TimeEmbedding,
  xavierStart,
  zeroStart,
  type FeedForwardName,
  type ParameterScope,
} from "../../nn/index.js";

/** x·(1 + scale) + shift, one scale and shift an example for all its tokens. */
export function modulate(x: tf.Tensor3D, shift: tf.Tensor2D, scale: tf.Tensor2D): tf.Tensor3D {
  requireTensor("x", x, "float", 3);
  requireTensor("shift", shift, "float", 2);
  requireTensor("scale", scale, "float", 2);
  return tf.tidy(() => {
    return tf.add(tf.mul(x, tf.expandDims(tf.add(scale, 1), 1)), tf.expandDims(shift, 1)) as tf.Tensor3D;
  });
}

const SINUSOIDS = 256;

/** The vector of time and class that modulates a block: MLP(sinusoids(t)) + table(class). */
export class TimeAndClass {
  private readonly name: string;
  private readonly time: TimeEmbedding;
  private readonly classes: Embedding | undefined;

  /** @param options.classes number of classes, null for none; the table has one row more, for "no class" */
  constructor(scope: ParameterScope, options: { readonly channels: number; readonly classes: number | null }) {
    const { channels, classes } = options;
    const start = normalStart(0.02);
    this.name = scope.prefix;
    this.time = new TimeEmbedding(scope.scope("timestep_embedder"), { inputs: SINUSOIDS, outputs: channels, start });
    if (classes !== null) {
      const table = { count: classes + 1, channels, deviation: 0.02 };
      this.classes = new Embedding(scope.scope("class_embedder.embedding_table"), table);
    }
  }

  /**
   * @param timestep [N]
   * @param labels int32 [N], 0 … classes, the last meaning "no class"; without them the vector tells the time alone
   * @returns [N, channels]
   */
  apply(timestep: tf.Tensor1D, labels?: tf.Tensor1D): tf.Tensor2D {
    return part(this.name, "time", () => {
      const e = this.time.apply(sinusoidalEmbedding(timestep, { dimensions: SINUSOIDS, frequencyShift: 1 }));
      return this.classes && labels ? tf.add(e, this.classes.apply(labels)) : e;
    });
  }
}

export interface DiTBlockOptions {
  readonly channels: number;
  readonly heads: number;
  readonly attentionBias: boolean;
  readonly activation: FeedForwardName;
  readonly classes: number | null;
  readonly contextChannels: number | null;
  readonly epsilon: number;
  /** Whether the norms before cross-attention and feed-forward have γ and β. */
  readonly affine: boolean;
}

/**
 * A transformer block whose norms are shifted and scaled, and whose paths are gated, by time and class:
 * h = x + g₁·attention(modulate(LN(x))), y = h + g₂·mlp(modulate(LN(h))); the six vectors start at 0, so that the block
 * starts as the identity.
 *
 * Source: Peebles and Xie 2023, section 3.2 (adaLN-Zero); names as diffusers' `BasicTransformerBlock`.
 */
export class DiTBlock {
  private readonly name: string;
  readonly condition: TimeAndClass;
  private readonly modulation: Dense;
  private readonly norm1: LayerNorm;
  private readonly self: MultiHeadAttention;
  private readonly cross: { norm: LayerNorm; attention: MultiHeadAttention } | undefined;
  private readonly norm3: LayerNorm;
  private readonly feedForward: FeedForward;

  constructor(scope: ParameterScope, options: DiTBlockOptions) {
    const { channels, heads, attentionBias: qkvBias, activation, contextChannels, epsilon, affine } = options;
    const start = xavierStart;
    this.name = scope.prefix;
    const norm1 = scope.scope("norm1");
    this.condition = new TimeAndClass(norm1.scope("emb"), options);
    this.modulation = new Dense(norm1.scope("linear"), { inputs: channels, outputs: 6 * channels, start: zeroStart });
    this.norm1 = new LayerNorm(norm1.scope("norm"), { channels, epsilon: 1e-6, affine: false });
    this.self = new MultiHeadAttention(scope.scope("attn1"), { channels, heads, qkvBias, start });
    if (contextChannels !== null) {
      this.cross = {
        norm: new LayerNorm(scope.scope("norm2"), { channels, epsilon, affine }),
        attention: new MultiHeadAttention(scope.scope("attn2"), { channels, heads, contextChannels, qkvBias, start }),
      };
    }
    this.norm3 = new LayerNorm(scope.scope("norm3"), { channels, epsilon, affine });
    this.feedForward = new FeedForward(scope.scope("ff"), { channels, activation, start });
  }

  /**
   * @param x [N, tokens, channels]
   * @param timestep [N]
   * @param labels int32 [N], see {@link TimeAndClass}
   * @param context [N, words, contextChannels], for a block with cross-attention
   * @returns the shape of `x`
   */
  apply(x: tf.Tensor3D, timestep: tf.Tensor1D, labels?: tf.Tensor1D, context?: tf.Tensor3D): tf.Tensor3D {
    return part(this.name, "transformer", () => {
      const six = this.modulation.apply(silu(this.condition.apply(timestep, labels)));
      const [shift1, scale1, gate1, shift2, scale2, gate2] = tf.split(six, 6, 1) as tf.Tensor2D[];
      const gated = (gate: tf.Tensor2D, h: tf.Tensor3D): tf.Tensor => tf.mul(tf.expandDims(gate, 1), h);
      let h = tf.add(x, gated(gate1, this.self.apply(modulate(this.norm1.apply(x), shift1, scale1)))) as tf.Tensor3D;
      if (this.cross) h = tf.add(h, this.cross.attention.apply(this.cross.norm.apply(h), context)) as tf.Tensor3D;
      return tf.add(
        h,
        gated(gate2, this.feedForward.apply(modulate(this.norm3.apply(h), shift2, scale2))),
      ) as tf.Tensor3D;
    });
  }
}
