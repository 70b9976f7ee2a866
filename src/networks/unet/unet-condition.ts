import * as tf from "../../runtime/tf.js";
import {
  activation,
  conditionPlan,
  Conv2d,
  Embedding,
  GroupNorm,
  labelInput,
  Parameters,
  sinusoidalEmbedding,
  SpatialTransformer,
  TimeEmbedding,
  tokensInput,
  requireCondition,
  type Condition,
  type ConditionPlan,
  type NetworkOptions,
  type TrainingInputs,
} from "../../nn/index.js";
import { MidBlock, type BlockCommons, type DownBlock, type MakeAttention, type UpBlock } from "./unet-blocks.js";
import { atLevel, unet2dConditionConfig, type UNet2DConditionConfig } from "./unet-condition-config.js";
import { applyU, buildDown, buildUp, checkImagesAndTimes, type LevelPlan } from "./unet-levels.js";

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
  private readonly convIn: Conv2d;
  private readonly timeEmbedding: TimeEmbedding;
  private readonly classEmbedding: Embedding | undefined;
  private readonly blocks: { down: DownBlock[]; mid: MidBlock | undefined; up: UpBlock[] };
  private readonly normOut: GroupNorm;
  private readonly convOut: Conv2d;

  /** @throws RangeError naming the key of the configuration that is wrong */
  constructor(config: Partial<UNet2DConditionConfig>, options: NetworkOptions = {}) {
    this.config = unet2dConditionConfig(config);
    this.parameters = new Parameters(options);
    const c = this.config;
    this.conditions = conditionPlan({
      label: c.num_class_embeds !== null && labelInput(c.num_class_embeds),
      context: tokensInput(atLevel(c.cross_attention_dim, 0)),
    });
    const widths = c.block_out_channels;
    const root = this.parameters.scope("");
    const timeChannels = c.time_embedding_dim ?? 4 * widths[0];
    const norm = { groups: c.norm_num_groups, epsilon: c.norm_eps };
    const commons: BlockCommons = {
      ...norm,
      timeChannels,
      activation: c.act_fn,
      timeScaleShift: c.resnet_time_scale_shift,
      dropout: c.dropout,
    };
    this.convIn = new Conv2d(root.scope("conv_in"), { inputs: c.in_channels, outputs: widths[0] });
    const timeSizes = { inputs: widths[0], outputs: timeChannels, activation: c.act_fn };
    this.timeEmbedding = new TimeEmbedding(root.scope("time_embedding"), timeSizes);
    if (c.num_class_embeds !== null) {
      const table = { count: c.num_class_embeds, channels: timeChannels };
      this.classEmbedding = new Embedding(root.scope("class_embedding"), table);
    }
    const plan = levelPlan(c);
    const down = buildDown(root, commons, plan);
    const last = widths.length - 1;
    const mid =
      c.mid_block_type === null
        ? undefined
        : new MidBlock(
            root.scope("mid_block"),
            { ...commons, outputScale: c.mid_block_scale_factor },
            { channels: widths[last], attention: crossAttention(c, last) },
          );
    this.blocks = { down, mid, up: buildUp(root, commons, plan) };
    this.normOut = new GroupNorm(root.scope("conv_norm_out"), { channels: widths[0], ...norm });
    this.convOut = new Conv2d(root.scope("conv_out"), { inputs: widths[0], outputs: c.out_channels });
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
  apply(x: tf.Tensor4D, timestep: tf.Tensor1D, condition: Condition = {}, { masks }: TrainingInputs = {}): tf.Tensor4D {
    checkImagesAndTimes(x, timestep, this.config);
    requireCondition("U-Net", this.conditions, x.shape[0], condition);
    const { label, context } = condition as { label?: tf.Tensor1D; context?: tf.Tensor3D };
    return tf.tidy(() => {
      const { act_fn, center_input_sample } = this.config;
      const e = this.embed(timestep, label);
      const input = (center_input_sample ? tf.sub(tf.mul(x, 2), 1) : x) as tf.Tensor4D;
      const h = applyU(this.convIn.apply(input), e, this.blocks, { context, masks });
      return this.convOut.apply(activation(act_fn)(this.normOut.apply(h)) as tf.Tensor4D);
    });
  }

  /** Frees the parameters: the network cannot be used any more. */
  dispose(): void {
    this.parameters.dispose();
  }

  private embed(timestep: tf.Tensor1D, label: tf.Tensor1D | undefined): tf.Tensor2D {
    const { block_out_channels, flip_sin_to_cos, freq_shift } = this.config;
    const raw = sinusoidalEmbedding(timestep, {
      dimensions: block_out_channels[0],
      order: flip_sin_to_cos ? "cos-sin" : "sin-cos",
      frequencyShift: freq_shift,
    });
    const e = this.timeEmbedding.apply(raw);
    return this.classEmbedding && label ? tf.add(e, this.classEmbedding.apply(label)) : e;
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
