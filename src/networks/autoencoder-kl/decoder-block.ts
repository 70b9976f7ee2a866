/** One level of AutoencoderKL's decoder: a U-Net's way up without what comes across. */
import type * as tf from "../../runtime/tf.js";
import { ResnetBlock, Upsample, type ParameterScope } from "../../nn/index.js";
import { makeAttentions, type BlockCommons, type ImageAttention, type MakeAttention } from "../unet/unet-blocks.js";

/** Layers of residual block (+ attention), then a doubling. */
export class DecoderBlock {
  private readonly resnets: readonly ResnetBlock[];
  private readonly attentions: readonly ImageAttention[];
  private readonly upsample: Upsample | undefined;

  constructor(
    scope: ParameterScope,
    commons: BlockCommons,
    plan: { inputs: number; outputs: number; layers: number; attention: MakeAttention; upsample: boolean },
  ) {
    const { inputs, outputs, layers } = plan;
    this.resnets = Array.from({ length: layers }, (_, i) => {
      const widths = { inputs: i === 0 ? inputs : outputs, outputs };
      return new ResnetBlock(scope.scope(`resnets.${i}`), { ...commons, ...widths });
    });
    this.attentions = makeAttentions(scope, layers, outputs, plan.attention);
    if (plan.upsample) this.upsample = new Upsample(scope.scope("upsamplers.0"), { channels: outputs });
  }

  /** [N, H, W, inputs] → [N, H, W, outputs], or twice as high and wide where a doubling follows. */
  apply(x: tf.Tensor4D): tf.Tensor4D {
    let h = x;
    this.resnets.forEach((resnet, i) => {
      h = resnet.apply(h, null);
      if (this.attentions.length > 0) h = this.attentions[i].apply(h);
    });
    return this.upsample ? this.upsample.apply(h) : h;
  }
}
