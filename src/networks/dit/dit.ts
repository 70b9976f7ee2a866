/** The diffusion transformer. */
import { requireTensor } from "../../runtime/tensor.js";
import * as tf from "../../runtime/tf.js";
import {
  conditionPlan,
  Dense,
  feedForwardNames,
  fromPatches,
  gridEmbedding,
  labelInput,
  LayerNorm,
  Parameters,
  PatchEmbedding,
  silu,
  tokensInput,
  zeroStart,
  type FeedForwardName,
  requireCondition,
  type Condition,
  type ConditionPlan,
  type NetworkOptions,
} from "../../nn/index.js";
import { requireLayers, requireOneOf, requirePositive, withDefaults } from "../config-keys.js";
import { DiTBlock, modulate } from "./dit-block.js";

/** The configuration of {@link DiT}: keys and meanings of diffusers' `DiTTransformer2DModel`, with smaller defaults. */
export interface DiTConfig {
  /** Side of the images the model was trained at: positions of other sizes are stretched to it. */
  readonly sample_size: number;
  /** Side of a patch; must divide height and width. */
  readonly patch_size: number;
  readonly in_channels: number;
  /** null: as many as `in_channels`. */
  readonly out_channels: number | null;
  readonly num_layers: number;
  readonly num_attention_heads: number;
  /** Channels a head; tokens have num_attention_heads · attention_head_dim, a multiple of 4. */
  readonly attention_head_dim: number;
  readonly attention_bias: boolean;
  readonly activation_fn: FeedForwardName;
  /** Number of classes, null for none. Label `num_embeds_ada_norm` itself means "no class". */
  readonly num_embeds_ada_norm: number | null;
  /** Channels of a text's tokens, which enter every block by cross-attention; null for none. */
  readonly cross_attention_dim: number | null;
  readonly norm_elementwise_affine: boolean;
  readonly norm_eps: number;
}

/** What a configuration of {@link DiT} leaves out: grey images of 28 × 28, neither class nor text. */
export const ditDefaults: DiTConfig = {
  sample_size: 28,
  patch_size: 2,
  in_channels: 1,
  out_channels: null,
  num_layers: 6,
  num_attention_heads: 4,
  attention_head_dim: 32,
  attention_bias: true,
  activation_fn: "gelu-approximate",
  num_embeds_ada_norm: null,
  cross_attention_dim: null,
  norm_elementwise_affine: false,
  norm_eps: 1e-5,
};

/** Keys of diffusers' class that change nothing here at these values. */
const neutralKeys = {
  dropout: [0],
  norm_type: ["ada_norm_zero"],
  upcast_attention: "any",
  norm_num_groups: "any",
  use_linear_projection: [false],
  only_cross_attention: [false],
  double_self_attention: [false],
  attention_type: ["default"],
  interpolation_scale: [null, 1],
} as const;

/**
 * The diffusion transformer: an image as patches with their positions, through blocks that time, class and text steer.
 *
 * @example
 * const dit = new DiT({ num_embeds_ada_norm: 10 });
 * const epsilon = dit.apply(xt, timestep, { label }); // [N, H, W, C], [N], int32 [N] → [N, H, W, C]
 *
 * Source: Peebles and Xie 2023, "Scalable diffusion models with transformers".
 */
export class DiT {
  readonly config: DiTConfig;
  readonly parameters: Parameters;
  /** What {@link apply} needs as its condition. */
  readonly conditions: ConditionPlan;
  private readonly patches: PatchEmbedding;
  private readonly blocks: readonly DiTBlock[];
  private readonly normOut: LayerNorm;
  private readonly modulationOut: Dense;
  private readonly out: Dense;

  /** @throws RangeError naming the key of the configuration that is wrong */
  constructor(config: Partial<DiTConfig> = {}, options: NetworkOptions = {}) {
    this.config = ditConfig(config);
    this.parameters = new Parameters(options);
    const c = this.config;
    this.conditions = conditionPlan({
      label: c.num_embeds_ada_norm !== null && labelInput(c.num_embeds_ada_norm + 1),
      context: c.cross_attention_dim !== null && tokensInput(c.cross_attention_dim),
    });
    const channels = c.num_attention_heads * c.attention_head_dim;
    const root = this.parameters.scope("");
    this.patches = new PatchEmbedding(root.scope("pos_embed.proj"), {
      patch: c.patch_size,
      inputs: c.in_channels,
      outputs: channels,
    });
    this.blocks = Array.from({ length: c.num_layers }, (_, i) => {
      return new DiTBlock(root.scope(`transformer_blocks.${i}`), {
        channels,
        heads: c.num_attention_heads,
        attentionBias: c.attention_bias,
        activation: c.activation_fn,
        classes: c.num_embeds_ada_norm,
        contextChannels: c.cross_attention_dim,
        epsilon: c.norm_eps,
        affine: c.norm_elementwise_affine,
      });
    });
    this.normOut = new LayerNorm(root.scope("norm_out"), { channels, epsilon: 1e-6, affine: false });
    const start = zeroStart;
    this.modulationOut = new Dense(root.scope("proj_out_1"), { inputs: channels, outputs: 2 * channels, start });
    const outputs = c.patch_size ** 2 * (c.out_channels ?? c.in_channels);
    this.out = new Dense(root.scope("proj_out_2"), { inputs: channels, outputs, start });
  }

  /**
   * @param x [N, H, W, in_channels]; H and W multiples of `patch_size`
   * @param timestep [N], the network's own time
   * @param condition label 0 … classes (the last meaning "no class"), exactly when the model has classes; context
   *   [N, words, cross_attention_dim], exactly when it has cross-attention
   * @returns [N, H, W, out_channels]
   * @throws RangeError if shapes or condition do not fit the configuration
   */
  apply(x: tf.Tensor4D, timestep: tf.Tensor1D, condition: Condition = {}): tf.Tensor4D {
    this.requireInputs(x, timestep);
    requireCondition("transformer", this.conditions, x.shape[0], condition);
    const { label, context } = condition as { label?: tf.Tensor1D; context?: tf.Tensor3D };
    const { patch_size: patch, sample_size } = this.config;
    const [rows, columns] = [x.shape[1] / patch, x.shape[2] / patch];
    return tf.tidy(() => {
      const embedded = this.patches.apply(x);
      const base = Math.floor(sample_size / patch);
      const positions = gridEmbedding({ height: rows, width: columns, channels: embedded.shape[2], base });
      let h = tf.add(embedded, positions) as tf.Tensor3D;
      for (const block of this.blocks) h = block.apply(h, timestep, label, context);
      const e = silu(this.blocks[0].condition.apply(timestep, label));
      const [shift, scale] = tf.split(this.modulationOut.apply(e), 2, 1) as [tf.Tensor2D, tf.Tensor2D];
      return fromPatches(this.out.apply(modulate(this.normOut.apply(h), shift, scale)), { rows, columns, patch });
    });
  }

  /** Frees the parameters: the network cannot be used any more. */
  dispose(): void {
    this.parameters.dispose();
  }

  private requireInputs(x: tf.Tensor4D, timestep: tf.Tensor1D): void {
    requireTensor("x", x);
    requireTensor("timestep", timestep, "numbers");
    const { in_channels, patch_size: p } = this.config;
    if (x.rank !== 4 || x.shape[3] !== in_channels || x.shape[1] % p !== 0 || x.shape[2] % p !== 0) {
      throw new RangeError(
        `this transformer takes images [N, H, W, ${in_channels}] with H and W multiples of patch_size = ${p}, got shape [${x.shape}]`,
      );
    }
    if (timestep.rank !== 1 || timestep.shape[0] !== x.shape[0]) {
      throw new RangeError(`timestep must have one value an image, shape [${x.shape[0]}], got [${timestep.shape}]`);
    }
  }
}

function ditConfig(given: Partial<DiTConfig>): DiTConfig {
  const config = withDefaults("DiT", ditDefaults, given, neutralKeys);
  const counts = ["sample_size", "patch_size", "in_channels", "num_attention_heads", "attention_head_dim"] as const;
  for (const key of counts) requirePositive(key, config[key]);
  requireLayers("num_layers", config.num_layers);
  for (const key of ["out_channels", "num_embeds_ada_norm", "cross_attention_dim"] as const) {
    if (config[key] !== null) requirePositive(key, config[key]);
  }
  requireOneOf("activation_fn", [config.activation_fn], feedForwardNames);
  const channels = config.num_attention_heads * config.attention_head_dim;
  if (channels % 4 !== 0) {
    throw new RangeError(
      `num_attention_heads · attention_head_dim is ${channels}: positions are told by sines and cosines, so it must be a multiple of 4`,
    );
  }
  if (!(config.norm_eps > 0)) throw new RangeError(`norm_eps must be a positive number, got ${config.norm_eps}`);
  return config;
}
