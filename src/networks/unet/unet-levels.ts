/** The levels of a U: the way down, the way up, and the walk through both. */
import * as tf from "../../runtime/tf.js";
import type { ParameterScope } from "../../nn/index.js";
import {
  DownBlock,
  UpBlock,
  type BlockCommons,
  type BlockInputs,
  type MidBlock,
  type MakeAttention,
} from "./unet-blocks.js";

/** The levels of a U, from the full image down. */
export interface LevelPlan {
  readonly widths: readonly number[];
  /** Residual blocks a level on the way down; the way up has one more. */
  readonly layers: readonly number[];
  readonly downsamplePadding: 0 | 1;
  /** Attention of level i on the way down, and on the way up (level 0 is the full image in both). */
  readonly downAttention: (level: number) => MakeAttention;
  readonly upAttention: (level: number) => MakeAttention;
}

/** The way down, full image first: `down_blocks.0`, `down_blocks.1`, … */
export function buildDown(root: ParameterScope, commons: BlockCommons, plan: LevelPlan): DownBlock[] {
  const { widths, layers } = plan;
  const last = widths.length - 1;
  return widths.map((outputs, i) => {
    return new DownBlock(root.scope(`down_blocks.${i}`), commons, {
      inputs: widths[Math.max(i - 1, 0)],
      outputs,
      layers: layers[i],
      attention: plan.downAttention(i),
      downsample: i < last,
      downsamplePadding: plan.downsamplePadding,
    });
  });
}

/** The way up, smallest image first, as diffusers counts it: `up_blocks.0` is the last level. */
export function buildUp(root: ParameterScope, commons: BlockCommons, plan: LevelPlan): UpBlock[] {
  const { widths, layers } = plan;
  const last = widths.length - 1;
  return widths.map((_, i) => {
    const level = last - i;
    // The way down kept every layer's result of this level, and the level's input (a halving, or conv_in).
    const skips = [...Array<number>(layers[level]).fill(widths[level]), widths[Math.max(level - 1, 0)]];
    return new UpBlock(root.scope(`up_blocks.${i}`), commons, {
      inputs: widths[Math.min(level + 1, last)],
      outputs: widths[level],
      skips,
      attention: plan.upAttention(level),
      upsample: i < last,
    });
  });
}

/** Down the U, through the middle and up again, each level's results going across. */
export function applyU(
  h: tf.Tensor4D,
  e: tf.Tensor2D,
  blocks: { down: readonly DownBlock[]; mid: MidBlock | undefined; up: readonly UpBlock[] },
  inputs: BlockInputs = {},
): tf.Tensor4D {
  const kept = [h];
  for (const block of blocks.down) kept.push(...block.apply(kept[kept.length - 1], e, inputs));
  let result = kept[kept.length - 1];
  if (blocks.mid) result = blocks.mid.apply(result, e, inputs);
  for (const block of blocks.up) result = block.apply(result, e, kept, inputs);
  return result;
}
