import * as tf from "../tf.js";
import {
  Downsample,
  PixelAttention,
  ResnetBlock,
  Upsample,
  type ParameterScope,
  type ResnetBlockOptions,
} from "../nn/index.js";

/** What all blocks of one network share. */
export interface BlockCommons extends Omit<ResnetBlockOptions, "inputs" | "outputs"> {
  /** Channels a head, null for one head. */
  readonly headChannels: number | null;
}

interface LayerPlan {
  readonly inputs: number;
  readonly outputs: number;
}

/** One level on the way down: layers of residual block (+ attention), then a halving; every result is kept for the way up. */
export class DownBlock {
  private readonly resnets: readonly ResnetBlock[];
  private readonly attentions: readonly PixelAttention[];
  private readonly downsample: Downsample | undefined;

  constructor(
    scope: ParameterScope,
    commons: BlockCommons,
    plan: LayerPlan & { layers: number; attention: boolean; downsample: boolean; downsamplePadding: 0 | 1 },
  ) {
    const { inputs, outputs, layers } = plan;
    const widths = Array.from({ length: layers }, (_, i) => ({ inputs: i === 0 ? inputs : outputs, outputs }));
    this.resnets = widths.map((w, i) => new ResnetBlock(scope.scope(`resnets.${i}`), { ...commons, ...w }));
    this.attentions = plan.attention ? widths.map((w, i) => pixelAttention(scope, i, w.outputs, commons)) : [];
    if (plan.downsample) {
      this.downsample = new Downsample(scope.scope("downsamplers.0"), { channels: outputs, padding: plan.downsamplePadding });
    }
  }

  /** Returns the results of every layer, the last of which goes on. */
  apply(x: tf.Tensor4D, e: tf.Tensor2D): tf.Tensor4D[] {
    const kept: tf.Tensor4D[] = [];
    let h = x;
    this.resnets.forEach((resnet, i) => {
      h = resnet.apply(h, e);
      if (this.attentions.length > 0) h = this.attentions[i].apply(h);
      kept.push(h);
    });
    if (this.downsample) kept.push(this.downsample.apply(h));
    return kept;
  }
}

/** The bottom of the U: residual block, attention, residual block. */
export class MidBlock {
  private readonly first: ResnetBlock;
  private readonly attention: PixelAttention | undefined;
  private readonly second: ResnetBlock;

  constructor(
    scope: ParameterScope,
    commons: BlockCommons,
    plan: { channels: number; attention: boolean; attentionGroups: number | null },
  ) {
    const { channels, attentionGroups } = plan;
    const sizes = { inputs: channels, outputs: channels };
    this.first = new ResnetBlock(scope.scope("resnets.0"), { ...commons, ...sizes });
    this.second = new ResnetBlock(scope.scope("resnets.1"), { ...commons, ...sizes });
    if (plan.attention) this.attention = pixelAttention(scope, 0, channels, commons, attentionGroups);
  }

  apply(x: tf.Tensor4D, e: tf.Tensor2D): tf.Tensor4D {
    const h = this.first.apply(x, e);
    return this.second.apply(this.attention ? this.attention.apply(h) : h, e);
  }
}

/** One level on the way up: each layer takes the matching result of the way down beside its input; then a doubling. */
export class UpBlock {
  private readonly resnets: readonly ResnetBlock[];
  private readonly attentions: readonly PixelAttention[];
  private readonly upsample: Upsample | undefined;

  constructor(
    scope: ParameterScope,
    commons: BlockCommons,
    plan: LayerPlan & { skips: readonly number[]; attention: boolean; upsample: boolean },
  ) {
    const { inputs, outputs, skips } = plan;
    this.resnets = skips.map((skip, i) => {
      const width = (i === 0 ? inputs : outputs) + skip;
      return new ResnetBlock(scope.scope(`resnets.${i}`), { ...commons, inputs: width, outputs });
    });
    this.attentions = plan.attention ? skips.map((_, i) => pixelAttention(scope, i, outputs, commons)) : [];
    if (plan.upsample) this.upsample = new Upsample(scope.scope("upsamplers.0"), { channels: outputs });
  }

  /** Takes its skips off the end of `kept`. */
  apply(x: tf.Tensor4D, e: tf.Tensor2D, kept: tf.Tensor4D[]): tf.Tensor4D {
    let h = x;
    this.resnets.forEach((resnet, i) => {
      h = resnet.apply(tf.concat([h, kept.pop()!], 3), e);
      if (this.attentions.length > 0) h = this.attentions[i].apply(h);
    });
    if (!this.upsample) return h;
    // An odd size was rounded up on the way down: the next skip says which size to return to.
    const next = kept[kept.length - 1];
    return this.upsample.apply(h, [next.shape[1], next.shape[2]]);
  }
}

function pixelAttention(
  scope: ParameterScope,
  index: number,
  channels: number,
  commons: BlockCommons,
  groups: number | null = commons.groups,
): PixelAttention {
  const { epsilon, headChannels, outputScale } = commons;
  const heads = headChannels === null ? 1 : channels / headChannels;
  return new PixelAttention(scope.scope(`attentions.${index}`), { channels, heads, groups, epsilon, outputScale });
}
