/** What both U-Nets are made of: all but where attention stands and how time is told. */
import { requireTensor } from "../../runtime/tensor.js";
import * as tf from "../../runtime/tf.js";
import {
  activation,
  Conv2d,
  Embedding,
  GroupNorm,
  TimeEmbedding,
  type ActivationName,
  type ParameterScope,
  type TimeEncoding,
} from "../../nn/index.js";
import type { UNetCommonConfig } from "./common-config.js";
import {
  MidBlock,
  type BlockCommons,
  type BlockInputs,
  type DownBlock,
  type MakeAttention,
  type UpBlock,
} from "./unet-blocks.js";
import { applyU, buildDown, buildUp, type LevelPlan } from "./unet-levels.js";

/** In what the two U-Nets differ. */
export interface BodyPlan extends LevelPlan {
  readonly timeEncoding: (scope: ParameterScope) => TimeEncoding;
  /** Of the time's embedding, and before the last convolution. */
  readonly activation: ActivationName;
  /** Attention of the middle; null for a U without a middle. */
  readonly mid: { readonly attention: MakeAttention } | null;
}

/**
 * A U-Net from image to image: e = embedding(time) + class, then conv_out(act(norm(U(conv_in(x), e)))).
 *
 * Source: Ronneberger et al. 2015; Ho et al. 2020, appendix B.
 */
export class UNetBody {
  private readonly convIn: Conv2d;
  private readonly timeEncoding: TimeEncoding;
  private readonly timeEmbedding: TimeEmbedding;
  private readonly classEmbedding: Embedding | undefined;
  private readonly blocks: { down: DownBlock[]; mid: MidBlock | undefined; up: UpBlock[] };
  private readonly normOut: GroupNorm;
  private readonly convOut: Conv2d;
  private readonly act: (x: tf.Tensor) => tf.Tensor;

  /** Creates its parameters in diffusers' order, on which flat arrays of them depend. */
  constructor(
    root: ParameterScope,
    private readonly config: UNetCommonConfig,
    plan: BodyPlan,
  ) {
    const c = config;
    const widths = c.block_out_channels;
    const timeChannels = c.time_embedding_dim ?? 4 * widths[0];
    const norm = { groups: c.norm_num_groups, epsilon: c.norm_eps };
    const commons: BlockCommons = {
      ...norm,
      timeChannels,
      activation: c.act_fn,
      timeScaleShift: c.resnet_time_scale_shift,
      dropout: c.dropout,
    };
    this.act = activation(plan.activation);
    this.convIn = new Conv2d(root.scope("conv_in"), { inputs: c.in_channels, outputs: widths[0] });
    this.timeEncoding = plan.timeEncoding(root.scope("time_proj"));
    this.timeEmbedding = new TimeEmbedding(root.scope("time_embedding"), {
      inputs: this.timeEncoding.dimensions,
      outputs: timeChannels,
      activation: plan.activation,
    });
    if (c.num_class_embeds !== null) {
      const table = { count: c.num_class_embeds, channels: timeChannels };
      this.classEmbedding = new Embedding(root.scope("class_embedding"), table);
    }
    const down = buildDown(root, commons, plan);
    const middle = { ...commons, outputScale: c.mid_block_scale_factor };
    const mid =
      plan.mid === null
        ? undefined
        : new MidBlock(root.scope("mid_block"), middle, { channels: widths[widths.length - 1], ...plan.mid });
    this.blocks = { down, mid, up: buildUp(root, commons, plan) };
    this.normOut = new GroupNorm(root.scope("conv_norm_out"), { channels: widths[0], ...norm });
    this.convOut = new Conv2d(root.scope("conv_out"), { inputs: widths[0], outputs: c.out_channels });
  }

  /**
   * @param x [N, H, W, in_channels], any height and width that can be halved
   * @param timestep [N], the network's own time
   * @param label int32 [N], of a network with classes
   * @returns [N, H, W, out_channels]
   */
  apply(
    x: tf.Tensor4D,
    timestep: tf.Tensor1D,
    { label, ...inputs }: BlockInputs & { readonly label?: tf.Tensor1D },
  ): tf.Tensor4D {
    const e = this.embed(timestep, label);
    const input = this.config.center_input_sample ? tf.sub(tf.mul(x, 2), 1) : x;
    const h = applyU(this.convIn.apply(input as tf.Tensor4D), e, this.blocks, inputs);
    return this.convOut.apply(this.act(this.normOut.apply(h)) as tf.Tensor4D);
  }

  /** @throws RangeError if images have other channels or are too small for the halvings, or times are not one an image */
  requireInputs(x: tf.Tensor4D, timestep: tf.Tensor1D): void {
    requireTensor("x", x);
    requireTensor("timestep", timestep, "numbers");
    const { in_channels, downsample_padding, block_out_channels } = this.config;
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
  }

  private embed(timestep: tf.Tensor1D, label: tf.Tensor1D | undefined): tf.Tensor2D {
    const e = this.timeEmbedding.apply(this.timeEncoding.apply(timestep));
    return this.classEmbedding && label ? tf.add(e, this.classEmbedding.apply(label)) : e;
  }
}
