import * as tf from "../../runtime/tf.js";
import {
  conditionPlan,
  Conv2d,
  Embedding,
  GroupNorm,
  labelInput,
  Parameters,
  PixelAttention,
  silu,
  TimeEmbedding,
  TimeEncoding,
  requireCondition,
  type Condition,
  type ConditionPlan,
  type NetworkOptions,
  type ParameterScope,
  type TrainingInputs,
} from "../../nn/index.js";
import { MidBlock, type BlockCommons, type DownBlock, type MakeAttention, type UpBlock } from "./unet-blocks.js";
import { applyU, buildDown, buildUp, checkImagesAndTimes, type LevelPlan } from "./unet-levels.js";
import { unet2dConfig, type UNet2DConfig } from "./unet-config.js";

/**
 * The U-Net of diffusion models, built as diffusers' `UNet2DModel` is built: the same blocks in the same order, the
 * same parameter names, the same embedding of time, so that weights go either way.
 *
 * @example
 * const unet = new UNet2D({ in_channels: 1, out_channels: 1, block_out_channels: [32, 64, 64], … }, { seed: 0 });
 * const epsilon = unet.apply(xt, timestep); // [N, H, W, 1] and [N] → [N, H, W, 1]
 *
 * Source: Ronneberger et al. 2015; Ho et al. 2020, appendix B.
 */
export class UNet2D {
  readonly config: UNet2DConfig;
  readonly parameters: Parameters;
  /** What {@link apply} needs as its condition. */
  readonly conditions: ConditionPlan;
  private readonly convIn: Conv2d;
  private readonly timeEncoding: TimeEncoding;
  private readonly timeEmbedding: TimeEmbedding;
  private readonly classEmbedding: Embedding | undefined;
  private readonly blocks: { down: DownBlock[]; mid: MidBlock | undefined; up: UpBlock[] };
  private readonly normOut: GroupNorm;
  private readonly convOut: Conv2d;

  /** @throws RangeError naming the key of the configuration that is wrong */
  constructor(config: Partial<UNet2DConfig>, options: NetworkOptions = {}) {
    this.config = unet2dConfig(config);
    this.parameters = new Parameters(options);
    const c = this.config;
    this.conditions = conditionPlan({ label: c.num_class_embeds !== null && labelInput(c.num_class_embeds) });
    const widths = c.block_out_channels;
    const root = this.parameters.scope("");
    const timeChannels = c.time_embedding_dim ?? 4 * widths[0];
    const commons: BlockCommons = {
      timeChannels,
      groups: c.norm_num_groups,
      epsilon: c.norm_eps,
      activation: c.act_fn,
      timeScaleShift: c.resnet_time_scale_shift,
      dropout: c.dropout,
    };

    this.convIn = new Conv2d(root.scope("conv_in"), { inputs: c.in_channels, outputs: widths[0] });
    this.timeEncoding = timeEncoding(root.scope("time_proj"), c);
    const timeSizes = { inputs: this.timeEncoding.dimensions, outputs: timeChannels };
    this.timeEmbedding = new TimeEmbedding(root.scope("time_embedding"), timeSizes);
    if (c.num_class_embeds !== null) {
      const table = { count: c.num_class_embeds, channels: timeChannels };
      this.classEmbedding = new Embedding(root.scope("class_embedding"), table);
    }
    const plan = levelPlan(c);
    const down = buildDown(root, commons, plan);
    const mid = c.mid_block_type === null ? undefined : buildMid(root, commons, c);
    this.blocks = { down, mid, up: buildUp(root, commons, plan) };
    this.normOut = new GroupNorm(root.scope("conv_norm_out"), {
      channels: widths[0],
      groups: c.norm_num_groups,
      epsilon: c.norm_eps,
    });
    this.convOut = new Conv2d(root.scope("conv_out"), { inputs: widths[0], outputs: c.out_channels });
  }

  /**
   * @param x [N, H, W, in_channels], any height and width
   * @param timestep [N], the network's own time (0 … T−1 for a model trained on T steps; fractions are fine,
   *   except with "learned" time, which takes the nearest). With "fourier" time it is σ > 0, and the output is divided by
   *   it, as UNet2DModel does
   * @param condition its label is needed exactly when the model has class embeddings
   * @param training masks of dropout; without them nothing is dropped
   * @returns [N, H, W, out_channels]
   * @throws RangeError if shapes or condition do not fit the configuration
   */
  apply(x: tf.Tensor4D, timestep: tf.Tensor1D, condition: Condition = {}, { masks }: TrainingInputs = {}): tf.Tensor4D {
    checkImagesAndTimes(x, timestep, this.config);
    requireCondition("U-Net", this.conditions, x.shape[0], condition);
    const { label } = condition as { label?: tf.Tensor1D };
    return tf.tidy(() => {
      const e = this.embed(timestep, label);
      const input = this.config.center_input_sample ? tf.sub(tf.mul(x, 2), 1) : x;
      const h = applyU(this.convIn.apply(input as tf.Tensor4D), e, this.blocks, { masks });
      const output = this.convOut.apply(silu(this.normOut.apply(h)));
      // Fourier time is the deviation of the noise, and the score falls as one over it (Song et al. 2021).
      if (this.config.time_embedding_type !== "fourier") return output;
      return tf.div(output, tf.reshape(timestep, [-1, 1, 1, 1])) as tf.Tensor4D;
    });
  }

  /** Frees the parameters: the network cannot be used any more. */
  dispose(): void {
    this.parameters.dispose();
  }

  private embed(timestep: tf.Tensor1D, label: tf.Tensor1D | undefined): tf.Tensor2D {
    const e = this.timeEmbedding.apply(this.timeEncoding.apply(timestep));
    return this.classEmbedding && label ? tf.add(e, this.classEmbedding.apply(label)) : e;
  }
}

function timeEncoding(scope: ParameterScope, c: UNet2DConfig): TimeEncoding {
  const dimensions = c.block_out_channels[0];
  switch (c.time_embedding_type) {
    case "positional": {
      const kind = c.flip_sin_to_cos ? "cos-sin" : "sin-cos";
      return new TimeEncoding(scope, { kind, dimensions, frequencyShift: c.freq_shift });
    }
    case "fourier": {
      const fourierInput = (t: tf.Tensor1D): tf.Tensor1D => tf.log(t);
      return new TimeEncoding(scope, { kind: "fourier", dimensions: 2 * dimensions, fourierScale: 16, fourierInput });
    }
    case "learned":
      return new TimeEncoding(scope, { kind: "learned", dimensions, steps: c.num_train_timesteps! });
  }
}

function pixelAttention(c: UNet2DConfig, groups: number | null, outputScale = 1): MakeAttention {
  return (scope, channels) => {
    const heads = c.attention_head_dim === null ? 1 : channels / c.attention_head_dim;
    return new PixelAttention(scope, { channels, heads, groups, epsilon: c.norm_eps, outputScale });
  };
}

function levelPlan(c: UNet2DConfig): LevelPlan {
  const levels = c.block_out_channels.length;
  const attention = pixelAttention(c, c.norm_num_groups);
  return {
    widths: c.block_out_channels,
    layers: Array<number>(levels).fill(c.layers_per_block),
    downsamplePadding: c.downsample_padding,
    downAttention: (level) => (c.down_block_types[level] === "AttnDownBlock2D" ? attention : undefined),
    upAttention: (level) => (c.up_block_types[levels - 1 - level] === "AttnUpBlock2D" ? attention : undefined),
  };
}

/** As UNet2DModel has it: without a number of its own, the middle's attention has a norm unless time scales and shifts. */
function buildMid(root: ParameterScope, commons: BlockCommons, c: UNet2DConfig): MidBlock {
  const groups = c.attn_norm_num_groups ?? (c.resnet_time_scale_shift === "default" ? c.norm_num_groups : null);
  return new MidBlock(
    root.scope("mid_block"),
    { ...commons, outputScale: c.mid_block_scale_factor },
    {
      channels: c.block_out_channels[c.block_out_channels.length - 1],
      attention: c.add_attention ? pixelAttention(c, groups, c.mid_block_scale_factor) : undefined,
    },
  );
}
