/** The levels of a U-Net: one on the way down, the bottom, one on the way up. */
import * as tf from "../../runtime/tf.js";
import {
  Downsample,
  ResnetBlock,
  Upsample,
  type ParameterScope,
  type ResnetBlockOptions,
  type TrainingInputs,
} from "../../nn/index.js";
import { joinsNext } from "../../nn/probe.js";

/** What all blocks of one network share. */
export type BlockCommons = Omit<ResnetBlockOptions, "inputs" | "outputs">;

/** Attention over the pixels of an image, among themselves or to a context. */
export interface ImageAttention {
  apply(x: tf.Tensor4D, context?: tf.Tensor3D): tf.Tensor4D;
}

/** What reaches every block besides the image and the time. */
export interface BlockInputs extends TrainingInputs {
  /** [N, words, channels], for cross-attention. */
  readonly context?: tf.Tensor3D;
}

/** Makes the attention of one layer; undefined where a level has none. */
export type MakeAttention = ((scope: ParameterScope, channels: number) => ImageAttention) | undefined;

interface LayerPlan {
  readonly inputs: number;
  readonly outputs: number;
}

/** One level on the way down: layers of residual block (+ attention), then a halving; every result is kept for the way up. */
export class DownBlock {
  private readonly resnets: readonly ResnetBlock[];
  private readonly attentions: readonly ImageAttention[];
  private readonly downsample: Downsample | undefined;

  constructor(
    scope: ParameterScope,
    commons: BlockCommons,
    plan: LayerPlan & { layers: number; attention: MakeAttention; downsample: boolean; downsamplePadding: 0 | 1 },
  ) {
    const { inputs, outputs, layers } = plan;
    const widths = Array.from({ length: layers }, (_, i) => ({ inputs: i === 0 ? inputs : outputs, outputs }));
    this.resnets = widths.map((w, i) => new ResnetBlock(scope.scope(`resnets.${i}`), { ...commons, ...w }));
    this.attentions = makeAttentions(scope, layers, outputs, plan.attention);
    if (plan.downsample) {
      this.downsample = new Downsample(scope.scope("downsamplers.0"), {
        channels: outputs,
        padding: plan.downsamplePadding,
      });
    }
  }

  /**
   * @param x [N, H, W, inputs]
   * @param e the time embedding, [N, timeChannels]; null for blocks that are told no time
   * @returns the results of every layer, [N, H, W, outputs], and of the halving; the last of them goes on
   */
  apply(x: tf.Tensor4D, e: tf.Tensor2D | null, { context, masks }: BlockInputs = {}): tf.Tensor4D[] {
    const kept: tf.Tensor4D[] = [];
    let h = x;
    this.resnets.forEach((resnet, i) => {
      h = resnet.apply(h, e, masks);
      if (this.attentions.length > 0) h = this.attentions[i].apply(h, context);
      kept.push(h);
    });
    if (this.downsample) kept.push(this.downsample.apply(h));
    return kept;
  }
}

/** The bottom of the U: residual block, attention, residual block. */
export class MidBlock {
  private readonly first: ResnetBlock;
  private readonly attention: ImageAttention | undefined;
  private readonly second: ResnetBlock;

  constructor(scope: ParameterScope, commons: BlockCommons, plan: { channels: number; attention: MakeAttention }) {
    const { channels, attention } = plan;
    const sizes = { inputs: channels, outputs: channels };
    this.first = new ResnetBlock(scope.scope("resnets.0"), { ...commons, ...sizes });
    this.second = new ResnetBlock(scope.scope("resnets.1"), { ...commons, ...sizes });
    [this.attention] = makeAttentions(scope, 1, channels, attention);
  }

  /**
   * @param x [N, H, W, channels]
   * @param e the time embedding, [N, timeChannels]; null for blocks that are told no time
   * @returns the shape of `x`
   */
  apply(x: tf.Tensor4D, e: tf.Tensor2D | null, { context, masks }: BlockInputs = {}): tf.Tensor4D {
    const h = this.first.apply(x, e, masks);
    return this.second.apply(this.attention ? this.attention.apply(h, context) : h, e, masks);
  }
}

/** One level on the way up: each layer takes the matching result of the way down beside its input; then a doubling. */
export class UpBlock {
  private readonly resnets: readonly ResnetBlock[];
  private readonly attentions: readonly ImageAttention[];
  private readonly upsample: Upsample | undefined;

  constructor(
    scope: ParameterScope,
    commons: BlockCommons,
    plan: LayerPlan & { skips: readonly number[]; attention: MakeAttention; upsample: boolean },
  ) {
    const { inputs, outputs, skips } = plan;
    this.resnets = skips.map((skip, i) => {
      const width = (i === 0 ? inputs : outputs) + skip;
      return new ResnetBlock(scope.scope(`resnets.${i}`), { ...commons, inputs: width, outputs });
    });
    this.attentions = makeAttentions(scope, skips.length, outputs, plan.attention);
    if (plan.upsample) this.upsample = new Upsample(scope.scope("upsamplers.0"), { channels: outputs });
  }

  /**
   * @param x [N, H, W, inputs]
   * @param e the time embedding, [N, timeChannels]
   * @param kept the results of the way down; the level's own are taken off its end
   * @returns [N, H, W, outputs]; where a doubling follows, with the height and width of what is kept next
   */
  apply(x: tf.Tensor4D, e: tf.Tensor2D, kept: tf.Tensor4D[], { context, masks }: BlockInputs = {}): tf.Tensor4D {
    let h = x;
    this.resnets.forEach((resnet, i) => {
      const skip = kept.pop()!;
      joinsNext(skip);
      h = resnet.apply(tf.concat([h, skip], 3), e, masks);
      if (this.attentions.length > 0) h = this.attentions[i].apply(h, context);
    });
    if (!this.upsample) return h;
    // An odd size was rounded up on the way down: the next skip says which size to return to.
    const next = kept[kept.length - 1];
    return this.upsample.apply(h, [next.shape[1], next.shape[2]]);
  }
}

/** Attention after each of so many layers; none where a level has none. */
export function makeAttentions(
  scope: ParameterScope,
  count: number,
  channels: number,
  make: MakeAttention,
): ImageAttention[] {
  return make ? Array.from({ length: count }, (_, i) => make(scope.scope(`attentions.${i}`), channels)) : [];
}
