/** The U-Net of images, with attention among pixels and classes at most. */
import { requireTraining } from "../../nn/dropout.js";
import * as tf from "../../runtime/tf.js";
import {
  conditionPlan,
  labelInput,
  Parameters,
  PixelAttention,
  requireCondition,
  TimeEncoding,
  type Condition,
  type ConditionPlan,
  type NetworkOptions,
  type ParameterScope,
  type TrainingInputs,
} from "../../nn/index.js";
import type { MakeAttention } from "./unet-blocks.js";
import { UNetBody } from "./unet-body.js";
import { unet2dConfig, type UNet2DConfig } from "./unet-config.js";
import type { LevelPlan } from "./unet-levels.js";

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
  private readonly body: UNetBody;

  /** @throws RangeError naming the key of the configuration that is wrong */
  constructor(config: Partial<UNet2DConfig>, options: NetworkOptions = {}) {
    this.config = unet2dConfig(config);
    this.parameters = new Parameters(options);
    const c = this.config;
    this.conditions = conditionPlan({ label: c.num_class_embeds !== null && labelInput(c.num_class_embeds) });
    this.body = new UNetBody(this.parameters.scope(""), c, {
      ...levelPlan(c),
      timeEncoding: (scope) => timeEncoding(scope, c),
      activation: "silu",
      mid: c.mid_block_type === null ? null : { attention: midAttention(c) },
    });
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
  apply(x: tf.Tensor4D, timestep: tf.Tensor1D, condition: Condition = {}, training: TrainingInputs = {}): tf.Tensor4D {
    const { masks } = requireTraining(training);
    this.body.requireInputs(x, timestep);
    requireCondition("U-Net", this.conditions, x.shape[0], condition);
    const { label } = condition as { label?: tf.Tensor1D };
    return tf.tidy(() => {
      const output = this.body.apply(x, timestep, { label, masks });
      // Fourier time is the deviation of the noise, and the score falls as one over it (Song et al. 2021).
      if (this.config.time_embedding_type !== "fourier") return output;
      return tf.div(output, tf.reshape(timestep, [-1, 1, 1, 1])) as tf.Tensor4D;
    });
  }

  /** Frees the parameters: the network cannot be used any more. */
  dispose(): void {
    this.parameters.dispose();
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
function midAttention(c: UNet2DConfig): MakeAttention {
  if (!c.add_attention) return undefined;
  const groups = c.attn_norm_num_groups ?? (c.resnet_time_scale_shift === "default" ? c.norm_num_groups : null);
  return pixelAttention(c, groups, c.mid_block_scale_factor);
}
