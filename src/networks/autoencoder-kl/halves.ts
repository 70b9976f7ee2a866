/** The two halves of AutoencoderKL: from an image to the moments of its latents, and from latents to an image. */
import * as tf from "../../runtime/tf.js";
import { Conv2d, GroupNorm, PixelAttention, silu, type ParameterScope } from "../../nn/index.js";
import { DownBlock, MidBlock, type BlockCommons, type MakeAttention } from "../unet/unet-blocks.js";
import type { AutoencoderKLConfig } from "./autoencoder-kl-config.js";
import { DecoderBlock } from "./decoder-block.js";

/** diffusers gives the autoencoder's norms this ε; there is no key for it. */
const NORM_EPSILON = 1e-6;

function commonsOf(c: AutoencoderKLConfig): BlockCommons {
  return { groups: c.norm_num_groups, epsilon: NORM_EPSILON, timeChannels: null, activation: c.act_fn };
}

/** One head over all channels: attention of the middle, and of blocks whose name begins with "Attn". */
function attentionOf(c: AutoencoderKLConfig): MakeAttention {
  return (scope, channels) =>
    new PixelAttention(scope, { channels, heads: 1, groups: c.norm_num_groups, epsilon: NORM_EPSILON });
}

function middle(scope: ParameterScope, c: AutoencoderKLConfig, channels: number): MidBlock {
  const attention = c.mid_block_add_attention ? attentionOf(c) : undefined;
  return new MidBlock(scope.scope("mid_block"), commonsOf(c), { channels, attention });
}

/** conv_out(silu(norm(h))), the end of both halves. */
class Ending {
  private readonly norm: GroupNorm;
  private readonly conv: Conv2d;

  constructor(scope: ParameterScope, c: AutoencoderKLConfig, plan: { inputs: number; outputs: number }) {
    const norm = { channels: plan.inputs, groups: c.norm_num_groups, epsilon: NORM_EPSILON };
    this.norm = new GroupNorm(scope.scope("conv_norm_out"), norm);
    this.conv = new Conv2d(scope.scope("conv_out"), plan);
  }

  apply(h: tf.Tensor4D): tf.Tensor4D {
    return this.conv.apply(silu(this.norm.apply(h)) as tf.Tensor4D);
  }
}

/** conv_in, levels that halve the image, a middle with attention, and the moments: `encoder.…` */
export class Encoder {
  private readonly convIn: Conv2d;
  private readonly levels: readonly DownBlock[];
  private readonly mid: MidBlock;
  private readonly ending: Ending;

  constructor(scope: ParameterScope, c: AutoencoderKLConfig) {
    const widths = c.block_out_channels;
    const last = widths.length - 1;
    this.convIn = new Conv2d(scope.scope("conv_in"), { inputs: c.in_channels, outputs: widths[0] });
    this.levels = widths.map((outputs, i) => {
      return new DownBlock(scope.scope(`down_blocks.${i}`), commonsOf(c), {
        inputs: widths[Math.max(i - 1, 0)],
        outputs,
        layers: c.layers_per_block,
        attention: c.down_block_types[i] === "AttnDownEncoderBlock2D" ? attentionOf(c) : undefined,
        downsample: i < last,
        downsamplePadding: 0,
      });
    });
    this.mid = middle(scope, c, widths[last]);
    this.ending = new Ending(scope, c, { inputs: widths[last], outputs: 2 * c.latent_channels });
  }

  /** [N, H, W, in_channels] → [N, h, w, 2·latent_channels] with h = ⌊H/2^(levels − 1)⌋, w likewise. */
  apply(x: tf.Tensor4D): tf.Tensor4D {
    const h = this.levels.reduce((h, level) => level.apply(h, null).at(-1)!, this.convIn.apply(x));
    return this.ending.apply(this.mid.apply(h, null));
  }
}

/** conv_in, a middle with attention, levels that double the image, and its colours: `decoder.…` */
export class Decoder {
  private readonly convIn: Conv2d;
  private readonly levels: readonly DecoderBlock[];
  private readonly mid: MidBlock;
  private readonly ending: Ending;

  constructor(scope: ParameterScope, c: AutoencoderKLConfig) {
    const widths = [...c.block_out_channels].reverse();
    const last = widths.length - 1;
    this.convIn = new Conv2d(scope.scope("conv_in"), { inputs: c.latent_channels, outputs: widths[0] });
    this.levels = widths.map((outputs, i) => {
      return new DecoderBlock(scope.scope(`up_blocks.${i}`), commonsOf(c), {
        inputs: widths[Math.max(i - 1, 0)],
        outputs,
        layers: c.layers_per_block + 1,
        attention: c.up_block_types[i] === "AttnUpDecoderBlock2D" ? attentionOf(c) : undefined,
        upsample: i < last,
      });
    });
    this.mid = middle(scope, c, widths[0]);
    this.ending = new Ending(scope, c, { inputs: widths[last], outputs: c.out_channels });
  }

  /** [N, h, w, latent_channels] → [N, h·2^(levels − 1), w·2^(levels − 1), out_channels] */
  apply(z: tf.Tensor4D): tf.Tensor4D {
    const h = this.mid.apply(this.convIn.apply(z), null);
    return this.ending.apply(this.levels.reduce((h, level) => level.apply(h), h));
  }
}
