/** The hybrid of U-Net and transformer. */
import { requireKind } from "../../base/kinds.js";
import { requireTensor } from "../../runtime/tensor.js";
import * as tf from "../../runtime/tf.js";
import {
  conditionPlan,
  Conv2d,
  Dense,
  Embedding,
  fromPatches,
  labelInput,
  LayerNorm,
  Parameters,
  PatchEmbedding,
  sinusoidalEmbedding,
  tokensInput,
  requireCondition,
  type Condition,
  type ConditionPlan,
  type NetworkOptions,
} from "../../nn/index.js";
import { joinsNext } from "../../nn/probe.js";
import { requireLayers, requirePositive, withDefaults } from "../config-keys.js";
import { UVitBlock } from "./uvit-block.js";

/** The configuration of {@link UVit}. */
export interface UVitConfig {
  /** [height, width] of the images: each place has a learned vector, so other sizes are refused. */
  readonly image_size: readonly [number, number];
  /** Side of a patch; must divide height and width. */
  readonly patch_size: number;
  readonly in_channels: number;
  readonly embed_dim: number;
  /** Number of blocks, odd: as many before the middle one as after it. */
  readonly depth: number;
  readonly num_heads: number;
  /** Hidden channels of a block's network, in multiples of embed_dim. */
  readonly mlp_ratio: number;
  readonly qkv_bias: boolean;
  /** Number of classes, which enter as a token of their own; null for none. */
  readonly num_classes: number | null;
  /** Channels and number of a text's tokens, which stand beside the image's; null for none. */
  readonly context_dim: number | null;
  readonly context_tokens: number;
}

/** What a configuration of {@link UVit} leaves out: grey images of 28 × 28, neither class nor text. */
export const uvitDefaults: UVitConfig = {
  image_size: [28, 28],
  patch_size: 2,
  in_channels: 1,
  embed_dim: 128,
  depth: 7,
  num_heads: 4,
  mlp_ratio: 4,
  qkv_bias: false,
  num_classes: null,
  context_dim: null,
  context_tokens: 0,
};

/**
 * The hybrid of U-Net and transformer: time, class, text and patches are all tokens of one transformer, whose first half
 * hands its results across to the second, as the two sides of a U do.
 *
 * @example
 * const uvit = new UVit({ num_classes: 10 });
 * const epsilon = uvit.apply(xt, timestep, { label }); // [N, H, W, C], [N], int32 [N] → [N, H, W, C]
 *
 * Source: Bao et al. 2023, "All are worth words: a ViT backbone for diffusion models", section 3.
 */
export class UVit {
  readonly config: UVitConfig;
  readonly parameters: Parameters;
  /** What {@link apply} needs as its condition. */
  readonly conditions: ConditionPlan;
  private readonly patches: PatchEmbedding;
  private readonly positions: tf.Variable;
  private readonly classes: Embedding | undefined;
  private readonly text: Dense | undefined;
  private readonly inBlocks: readonly UVitBlock[];
  private readonly midBlock: UVitBlock;
  private readonly outBlocks: readonly UVitBlock[];
  private readonly norm: LayerNorm;
  private readonly decoder: Dense;
  private readonly last: Conv2d;

  /** @throws RangeError naming the key of the configuration that is wrong */
  constructor(config: Partial<UVitConfig> = {}, options: NetworkOptions = {}) {
    this.config = uvitConfig(config);
    this.parameters = new Parameters(options);
    const c = this.config;
    this.conditions = conditionPlan({
      label: c.num_classes !== null && labelInput(c.num_classes),
      context: c.context_dim !== null && tokensInput(c.context_dim, c.context_tokens),
    });
    const root = this.parameters.scope("");
    const channels = c.embed_dim;
    this.patches = new PatchEmbedding(root.scope("patch_embed.proj"), {
      patch: c.patch_size,
      inputs: c.in_channels,
      outputs: channels,
    });
    const tokens = this.extraTokens + (c.image_size[0] * c.image_size[1]) / c.patch_size ** 2;
    this.positions = root.create("pos_embed", "plain", [1, tokens, channels], { kind: "normal", deviation: 0.02 });
    if (c.num_classes !== null) {
      this.classes = new Embedding(root.scope("label_emb"), { count: c.num_classes, channels, deviation: 0.02 });
    }
    if (c.context_dim !== null) {
      this.text = new Dense(root.scope("context_embed"), { inputs: c.context_dim, outputs: channels });
    }
    const block = (name: string, skip: boolean): UVitBlock => {
      const sizes = { channels, heads: c.num_heads, hidden: Math.trunc(c.mlp_ratio * channels) };
      return new UVitBlock(root.scope(name), { ...sizes, qkvBias: c.qkv_bias, skip });
    };
    const half = Array.from({ length: (c.depth - 1) / 2 }, (_, i) => i);
    this.inBlocks = half.map((i) => block(`in_blocks.${i}`, false));
    this.midBlock = block("mid_block", false);
    this.outBlocks = half.map((i) => block(`out_blocks.${i}`, true));
    this.norm = new LayerNorm(root.scope("norm"), { channels });
    const outputs = c.patch_size ** 2 * c.in_channels;
    this.decoder = new Dense(root.scope("decoder_pred"), { inputs: channels, outputs });
    this.last = new Conv2d(root.scope("final_layer"), { inputs: c.in_channels, outputs: c.in_channels });
  }

  /**
   * @param x [N, H, W, in_channels] of the configured size
   * @param timestep [N], the network's own time
   * @param condition label exactly when the model has classes, context [N, context_tokens, context_dim] exactly when it
   *   has text
   * @returns the shape of `x`
   * @throws RangeError if shapes or condition do not fit the configuration
   */
  apply(x: tf.Tensor4D, timestep: tf.Tensor1D, condition: Condition = {}): tf.Tensor4D {
    this.requireInputs(x, timestep);
    requireCondition("U-ViT", this.conditions, x.shape[0], condition);
    const { patch_size: patch } = this.config;
    return tf.tidy(() => {
      let h = tf.add(this.tokens(x, timestep, condition), this.positions) as tf.Tensor3D;
      const kept: tf.Tensor3D[] = [];
      for (const block of this.inBlocks) kept.push((h = block.apply(h)));
      h = this.midBlock.apply(h);
      for (const block of this.outBlocks) {
        const skip = kept.pop()!;
        joinsNext(skip);
        h = block.apply(h, skip);
      }
      const pixels = tf.slice(this.decoder.apply(this.norm.apply(h)), [0, this.extraTokens, 0]);
      return this.last.apply(fromPatches(pixels, { rows: x.shape[1] / patch, columns: x.shape[2] / patch, patch }));
    });
  }

  /** Frees the parameters: the network cannot be used any more. */
  dispose(): void {
    this.parameters.dispose();
  }

  /** Tokens before those of the image: time, class, text. */
  private get extraTokens(): number {
    const { num_classes, context_dim, context_tokens } = this.config;
    return 1 + (num_classes === null ? 0 : 1) + (context_dim === null ? 0 : context_tokens);
  }

  private tokens(x: tf.Tensor4D, timestep: tf.Tensor1D, condition: Condition): tf.Tensor3D {
    const { label, context } = condition as { label?: tf.Tensor1D; context?: tf.Tensor3D };
    const parts: tf.Tensor[] = [];
    if (this.classes && label) parts.push(tf.expandDims(this.classes.apply(label), 1));
    parts.push(tf.expandDims(sinusoidalEmbedding(timestep, { dimensions: this.config.embed_dim }), 1));
    if (this.text && context) parts.push(this.text.apply(context));
    parts.push(this.patches.apply(x));
    return tf.concat(parts, 1) as tf.Tensor3D;
  }

  private requireInputs(x: tf.Tensor4D, timestep: tf.Tensor1D): void {
    requireTensor("x", x);
    requireTensor("timestep", timestep, "numbers");
    const { image_size, in_channels } = this.config;
    const [n, ...size] = x.shape;
    if (x.rank !== 4 || [...image_size, in_channels].some((length, i) => size[i] !== length)) {
      throw new RangeError(
        `this U-ViT takes images [N, ${image_size}, ${in_channels}], got shape [${x.shape}]: its places are learned for that size`,
      );
    }
    if (timestep.rank !== 1 || timestep.shape[0] !== n) {
      throw new RangeError(`timestep must have one value an image, shape [${n}], got [${timestep.shape}]`);
    }
  }
}

function uvitConfig(given: Partial<UVitConfig>): UVitConfig {
  const config = withDefaults("UVit", uvitDefaults, given);
  for (const key of ["patch_size", "in_channels", "embed_dim", "num_heads"] as const) {
    requirePositive(key, config[key]);
  }
  requireLayers("depth", config.depth);
  for (const key of ["num_classes", "context_dim"] as const) {
    if (config[key] !== null) requirePositive(key, config[key]);
  }
  requireKind("context_tokens", config.context_tokens, "a number");
  if (config.context_dim !== null) requirePositive("context_tokens", config.context_tokens);
  const [height, width] = config.image_size;
  if (config.image_size.length !== 2) throw new RangeError(`image_size is [height, width], got [${config.image_size}]`);
  for (const length of [height, width]) {
    requirePositive("image_size", length);
    if (length % config.patch_size !== 0) {
      throw new RangeError(`image_size has ${length}, which patch_size = ${config.patch_size} does not divide`);
    }
  }
  if (config.depth % 2 === 0) {
    throw new RangeError(
      `depth must be odd, one block in the middle and as many before as after it; got ${config.depth}`,
    );
  }
  if (config.embed_dim % config.num_heads !== 0 || config.embed_dim % 2 !== 0) {
    throw new RangeError(
      `embed_dim must be even (the time token is sines and cosines) and a multiple of num_heads = ${config.num_heads}, got ${config.embed_dim}`,
    );
  }
  if (!(config.mlp_ratio > 0)) throw new RangeError(`mlp_ratio must be positive, got ${config.mlp_ratio}`);
  return config;
}
