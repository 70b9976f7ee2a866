import * as tf from "../tf.js";
import {
  Conv2d,
  Embedding,
  GroupNorm,
  Parameters,
  silu,
  TimeEmbedding,
  TimeEncoding,
  type NetworkOptions,
  type ParameterScope,
} from "../nn/index.js";
import { DownBlock, MidBlock, UpBlock, type BlockCommons } from "./unet-blocks.js";
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
  private readonly convIn: Conv2d;
  private readonly timeEncoding: TimeEncoding;
  private readonly timeEmbedding: TimeEmbedding;
  private readonly classEmbedding: Embedding | undefined;
  private readonly downBlocks: readonly DownBlock[];
  private readonly midBlock: MidBlock | undefined;
  private readonly upBlocks: readonly UpBlock[];
  private readonly normOut: GroupNorm;
  private readonly convOut: Conv2d;

  constructor(config: Partial<UNet2DConfig>, options: NetworkOptions = {}) {
    this.config = unet2dConfig(config);
    this.parameters = new Parameters(options);
    const c = this.config;
    const widths = c.block_out_channels;
    const root = this.parameters.scope("");
    const timeChannels = c.time_embedding_dim ?? 4 * widths[0];
    const commons: BlockCommons = {
      timeChannels,
      groups: c.norm_num_groups,
      epsilon: c.norm_eps,
      activation: c.act_fn,
      timeScaleShift: c.resnet_time_scale_shift,
      headChannels: c.attention_head_dim,
    };

    this.convIn = new Conv2d(root.scope("conv_in"), { inputs: c.in_channels, outputs: widths[0] });
    this.timeEncoding = timeEncoding(root.scope("time_proj"), c);
    const timeSizes = { inputs: this.timeEncoding.dimensions, outputs: timeChannels };
    this.timeEmbedding = new TimeEmbedding(root.scope("time_embedding"), timeSizes);
    if (c.num_class_embeds !== null) {
      const table = { count: c.num_class_embeds, channels: timeChannels };
      this.classEmbedding = new Embedding(root.scope("class_embedding"), table);
    }
    this.downBlocks = buildDown(root, commons, c);
    if (c.mid_block_type !== null) {
      this.midBlock = new MidBlock(
        root.scope("mid_block"),
        { ...commons, outputScale: c.mid_block_scale_factor },
        { channels: widths[widths.length - 1], attention: c.add_attention, attentionGroups: midAttentionGroups(c) },
      );
    }
    this.upBlocks = buildUp(root, commons, c);
    this.normOut = new GroupNorm(root.scope("conv_norm_out"), {
      channels: widths[0],
      groups: c.norm_num_groups,
      epsilon: c.norm_eps,
    });
    this.convOut = new Conv2d(root.scope("conv_out"), { inputs: widths[0], outputs: c.out_channels });
  }

  /**
   * @param x [N, H, W, in_channels], any height and width
   * @param timestep [N], the network's own time (0 … T−1 for a model trained on T steps; fractions are fine). With
   *   "fourier" time it is σ > 0, and the output is divided by it, as UNet2DModel does
   * @param labels class of each example, int32 [N]; needed exactly when the model has class embeddings
   * @returns [N, H, W, out_channels]
   * @throws RangeError if shapes, or the presence of labels, do not fit the configuration
   */
  apply(x: tf.Tensor4D, timestep: tf.Tensor1D, labels?: tf.Tensor1D): tf.Tensor4D {
    this.check(x, timestep, labels);
    return tf.tidy(() => {
      const e = this.embed(timestep, labels);
      const input = this.config.center_input_sample ? tf.sub(tf.mul(x, 2), 1) : x;
      let h = this.convIn.apply(input as tf.Tensor4D);
      const kept = [h];
      for (const block of this.downBlocks) {
        kept.push(...block.apply(h, e));
        h = kept[kept.length - 1];
      }
      if (this.midBlock) h = this.midBlock.apply(h, e);
      for (const block of this.upBlocks) h = block.apply(h, e, kept);
      const output = this.convOut.apply(silu(this.normOut.apply(h)));
      // Fourier time is the deviation of the noise, and the score falls as one over it (Song et al. 2021).
      if (this.config.time_embedding_type !== "fourier") return output;
      return tf.div(output, tf.reshape(timestep, [-1, 1, 1, 1])) as tf.Tensor4D;
    });
  }

  dispose(): void {
    this.parameters.dispose();
  }

  private embed(timestep: tf.Tensor1D, labels: tf.Tensor1D | undefined): tf.Tensor2D {
    const e = this.timeEmbedding.apply(this.timeEncoding.apply(timestep));
    return this.classEmbedding && labels ? tf.add(e, this.classEmbedding.apply(labels)) : e;
  }

  private check(x: tf.Tensor4D, timestep: tf.Tensor1D, labels: tf.Tensor1D | undefined): void {
    const { block_out_channels, downsample_padding, in_channels, num_class_embeds } = this.config;
    if (x.rank !== 4 || x.shape[3] !== in_channels) {
      throw new RangeError(`this U-Net takes images [N, H, W, ${in_channels}], got shape [${x.shape}]`);
    }
    // Without padding a halving rounds down, and must leave something.
    const least = downsample_padding === 0 ? 2 ** (block_out_channels.length - 1) : 1;
    if (Math.min(x.shape[1], x.shape[2]) < least) {
      throw new RangeError(`this U-Net takes images of at least ${least} × ${least} pixels, got shape [${x.shape}]`);
    }
    if (timestep.rank !== 1 || timestep.shape[0] !== x.shape[0]) {
      throw new RangeError(`timestep must have one value an image, shape [${x.shape[0]}], got [${timestep.shape}]`);
    }
    if (num_class_embeds === null && labels) {
      throw new RangeError("this U-Net knows no classes (num_class_embeds is null): leave labels out");
    }
    if (num_class_embeds !== null && labels?.shape[0] !== x.shape[0]) {
      throw new RangeError(`this U-Net is class-conditional: give labels, int32 of shape [${x.shape[0]}]`);
    }
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

/** As UNet2DModel has it: without a number of its own, the middle's attention has a norm unless time scales and shifts. */
function midAttentionGroups(c: UNet2DConfig): number | null {
  return c.attn_norm_num_groups ?? (c.resnet_time_scale_shift === "default" ? c.norm_num_groups : null);
}

function buildDown(root: ParameterScope, commons: BlockCommons, c: UNet2DConfig): DownBlock[] {
  const last = c.block_out_channels.length - 1;
  return c.block_out_channels.map((outputs, i) => {
    return new DownBlock(root.scope(`down_blocks.${i}`), commons, {
      inputs: c.block_out_channels[Math.max(i - 1, 0)],
      outputs,
      layers: c.layers_per_block,
      attention: c.down_block_types[i] === "AttnDownBlock2D",
      downsample: i < last,
      downsamplePadding: c.downsample_padding,
    });
  });
}

function buildUp(root: ParameterScope, commons: BlockCommons, c: UNet2DConfig): UpBlock[] {
  const widths = [...c.block_out_channels].reverse();
  const last = widths.length - 1;
  return widths.map((outputs, i) => {
    // The way down kept layers_per_block results of this level and the input of the level (a halving, or conv_in).
    const skips = [...Array<number>(c.layers_per_block).fill(outputs), widths[Math.min(i + 1, last)]];
    return new UpBlock(root.scope(`up_blocks.${i}`), commons, {
      inputs: widths[Math.max(i - 1, 0)],
      outputs,
      skips,
      attention: c.up_block_types[i] === "AttnUpBlock2D",
      upsample: i < last,
    });
  });
}
