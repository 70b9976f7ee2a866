/** Transformer blocks, over tokens and over the pixels of an image. */
import { requireScope } from "./parameters.js";
import { requireTensor } from "../runtime/tensor.js";
import { requireKnownKeys } from "../base/check.js";
import * as tf from "../runtime/tf.js";
import { MultiHeadAttention } from "./attention.js";
import { Conv2d } from "./conv.js";
import { Dense } from "./dense.js";
import { FeedForward, type FeedForwardName } from "./feed-forward.js";
import { GroupNorm } from "./group-norm.js";
import { LayerNorm } from "./layer-norm.js";
import type { ParameterScope } from "./parameters.js";
import { part } from "./probe.js";

export interface TransformerBlockOptions {
  readonly channels: number;
  readonly heads: number;
  /** Channels of the context; without it there is no cross-attention. */
  readonly contextChannels?: number;
  /** Default "geglu". */
  readonly activation?: FeedForwardName;
  readonly epsilon?: number;
}

/**
 * A transformer block over tokens: self-attention, cross-attention to a context, feed-forward, each after a layer norm
 * and beside a residual path. Names and defaults as diffusers' `BasicTransformerBlock`.
 */
export class TransformerBlock {
  private readonly name: string;
  private readonly norm1: LayerNorm;
  private readonly self: MultiHeadAttention;
  private readonly cross: { norm: LayerNorm; attention: MultiHeadAttention } | undefined;
  private readonly norm3: LayerNorm;
  private readonly feedForward: FeedForward;

  constructor(scope: ParameterScope, options: TransformerBlockOptions) {
    requireScope(scope);
    requireKnownKeys("TransformerBlock", options, {
      channels: true,
      heads: "a number",
      contextChannels: true,
      activation: true,
      epsilon: "a number",
    });
    const { channels, heads, contextChannels, activation, epsilon } = options;
    const norm = { channels, epsilon };
    this.name = scope.prefix;
    this.norm1 = new LayerNorm(scope.scope("norm1"), norm);
    this.self = new MultiHeadAttention(scope.scope("attn1"), { channels, heads, qkvBias: false });
    if (contextChannels !== undefined) {
      this.cross = {
        norm: new LayerNorm(scope.scope("norm2"), norm),
        attention: new MultiHeadAttention(scope.scope("attn2"), { channels, heads, contextChannels, qkvBias: false }),
      };
    }
    this.norm3 = new LayerNorm(scope.scope("norm3"), norm);
    this.feedForward = new FeedForward(scope.scope("ff"), { channels, activation });
  }

  /** @param x [N, tokens, channels] @param context [N, words, contextChannels]; without it, x itself is the context */
  apply(x: tf.Tensor3D, context?: tf.Tensor3D): tf.Tensor3D {
    if (context !== undefined) requireTensor("context", context, "float", 3);
    requireTensor("x", x, "float", 3);
    return part(this.name, "transformer", () => {
      let h = tf.add(x, this.self.apply(this.norm1.apply(x))) as tf.Tensor3D;
      if (this.cross) h = tf.add(h, this.cross.attention.apply(this.cross.norm.apply(h), context)) as tf.Tensor3D;
      return tf.add(h, this.feedForward.apply(this.norm3.apply(h))) as tf.Tensor3D;
    });
  }
}

export interface SpatialTransformerOptions {
  readonly channels: number;
  readonly heads: number;
  readonly contextChannels: number;
  /** Number of blocks, default 1. */
  readonly layers?: number;
  /** Groups of the norm before the blocks. */
  readonly groups: number;
  /** Whether the projections in and out are dense layers or (default) 1×1 convolutions: the same numbers, stored otherwise. */
  readonly linearProjection?: boolean;
}

/**
 * Transformer blocks over the pixels of an image, beside a residual path: how text enters a latent-diffusion U-Net.
 *
 * Source: Rombach et al. 2022, section 3.3; names as diffusers' `Transformer2DModel`.
 */
export class SpatialTransformer {
  private readonly name: string;
  private readonly norm: GroupNorm;
  private readonly projectIn: (x: tf.Tensor4D) => tf.Tensor4D;
  private readonly blocks: readonly TransformerBlock[];
  private readonly projectOut: (x: tf.Tensor4D) => tf.Tensor4D;

  constructor(scope: ParameterScope, options: SpatialTransformerOptions) {
    requireScope(scope);
    requireKnownKeys("SpatialTransformer", options, {
      channels: true,
      heads: "a number",
      contextChannels: true,
      layers: "a number",
      groups: "a number",
      linearProjection: "true or false",
    });
    const { channels, heads, contextChannels, layers = 1, groups, linearProjection = false } = options;
    const sizes = { inputs: channels, outputs: channels };
    const projection = (name: string): ((x: tf.Tensor4D) => tf.Tensor4D) => {
      const layer = linearProjection
        ? new Dense(scope.scope(name), sizes)
        : new Conv2d(scope.scope(name), { ...sizes, kernel: 1 });
      return (x) => layer.apply(x);
    };
    this.name = scope.prefix;
    this.norm = new GroupNorm(scope.scope("norm"), { channels, groups, epsilon: 1e-6 });
    this.projectIn = projection("proj_in");
    this.blocks = Array.from({ length: layers }, (_, i) => {
      return new TransformerBlock(scope.scope(`transformer_blocks.${i}`), { channels, heads, contextChannels });
    });
    this.projectOut = projection("proj_out");
  }

  /** @param x [N, H, W, channels] @param context [N, words, contextChannels] */
  apply(x: tf.Tensor4D, context?: tf.Tensor3D): tf.Tensor4D {
    requireTensor("x", x, "float", 4);
    if (context !== undefined) requireTensor("context", context, "float", 3);
    return part(this.name, "transformer", () => {
      const [n, h, w, c] = x.shape;
      let tokens = tf.reshape(this.projectIn(this.norm.apply(x)), [n, h * w, c]) as tf.Tensor3D;
      for (const block of this.blocks) tokens = block.apply(tokens, context);
      return tf.add(x, this.projectOut(tf.reshape(tokens, [n, h, w, c]))) as tf.Tensor4D;
    });
  }
}
