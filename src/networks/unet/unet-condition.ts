/** The U-Net of latent diffusion, with attention to a context. */
import { requireTraining } from "../../nn/dropout.js";
import * as tf from "../../runtime/tf.js";
import {
  conditionPlan,
  labelInput,
  Parameters,
  requireCondition,
  SpatialTransformer,
  TimeEncoding,
  tokensInput,
  type Condition,
  type ConditionPlan,
  type NetworkOptions,
  type TrainingInputs,
} from "../../nn/index.js";
import type { MakeAttention } from "./unet-blocks.js";
import { UNetBody } from "./unet-body.js";
import { atLevel, unet2dConditionConfig, type UNet2DConditionConfig } from "./unet-condition-config.js";
import type { LevelPlan } from "./unet-levels.js";

/**
 * The U-Net of latent diffusion: a context, such as the tokens of a text, enters by cross-attention. Built as diffusers'
 * `UNet2DConditionModel` is built from its basic blocks, with the same names.
 *
 * @example
 * const epsilon = unet.apply(xt, timestep, { context }); // [N, H, W, C], [N] and [N, words, cross_attention_dim]
 *
 * Source: Rombach et al. 2022, "High-resolution image synthesis with latent diffusion models", section 3.3.
 */
export class UNet2DCondition {
  readonly config: UNet2DConditionConfig;
  readonly parameters: Parameters;
  /** What {@link apply} needs as its condition. */
  readonly conditions: ConditionPlan;
  private readonly body: UNetBody;

  /** @throws RangeError naming the key of the configuration that is wrong */
  constructor(config: Partial<UNet2DConditionConfig>, options: NetworkOptions = {}) {
    this.config = unet2dConditionConfig(config);
    this.parameters = new Parameters(options);
    const c = this.config;
    this.conditions = conditionPlan({
      label: c.num_class_embeds !== null && labelInput(c.num_class_embeds),
      context: tokensInput(atLevel(c.cross_attention_dim, 0)),
    });
    this.body = new UNetBody(this.parameters.scope(""), c, {
      ...levelPlan(c),
      timeEncoding: (scope) =>
        new TimeEncoding(scope, {
          kind: c.flip_sin_to_cos ? "cos-sin" : "sin-cos",
          dimensions: c.block_out_channels[0],
          frequencyShift: c.freq_shift,
        }),
      activation: c.act_fn,
      mid: c.mid_block_type === null ? null : { attention: crossAttention(c, c.block_out_channels.length - 1) },
    });
  }

  /**
   * @param x [N, H, W, in_channels], any height and width
   * @param timestep [N], the network's own time
   * @param condition context [N, words, cross_attention_dim], any number of words; label exactly when the model has
   *   class embeddings
   * @param training masks of dropout; without them nothing is dropped
   * @returns [N, H, W, out_channels]
   * @throws RangeError if shapes or condition do not fit the configuration
   */
  apply(x: tf.Tensor4D, timestep: tf.Tensor1D, condition: Condition = {}, training: TrainingInputs = {}): tf.Tensor4D {
    const { masks } = requireTraining(training);
    this.body.requireInputs(x, timestep);
    requireCondition("U-Net", this.conditions, x.shape[0], condition);
    const { label, context } = condition as { label?: tf.Tensor1D; context?: tf.Tensor3D };
    return tf.tidy(() => this.body.apply(x, timestep, { label, context, masks }));
  }

  /** Frees the parameters: the network cannot be used any more. */
  dispose(): void {
    this.parameters.dispose();
  }
}

function crossAttention(c: UNet2DConditionConfig, level: number): MakeAttention {
  return (scope, channels) =>
    new SpatialTransformer(scope, {
      channels,
      heads: atLevel(c.attention_head_dim, level),
      contextChannels: atLevel(c.cross_attention_dim, level),
      layers: atLevel(c.transformer_layers_per_block, level),
      groups: c.norm_num_groups,
      linearProjection: c.use_linear_projection,
    });
}

function levelPlan(c: UNet2DConditionConfig): LevelPlan {
  const levels = c.block_out_channels.length;
  const cross = (type: string, level: number): MakeAttention => {
    return type.startsWith("CrossAttn") ? crossAttention(c, level) : undefined;
  };
  return {
    widths: c.block_out_channels,
    layers: c.block_out_channels.map((_, level) => atLevel(c.layers_per_block, level)),
    downsamplePadding: c.downsample_padding,
    downAttention: (level) => cross(c.down_block_types[level], level),
    upAttention: (level) => cross(c.up_block_types[levels - 1 - level], level),
  };
}
