/** Dropout whose masks are inputs of the network: where it happens, and the masks of a step. */
import { requireTensor } from "../runtime/tensor.js";
import { requireKind } from "../base/kinds.js";
import { described, requireKnownKeys } from "../base/check.js";
import { requireFunction } from "../base/values.js";
import { sizeOf } from "../base/shape.js";
import * as tf from "../runtime/tf.js";
import { RandomStream } from "../random/index.js";

/**
 * Gives the mask of one dropout: 0 where a number is dropped, 1/(1 − rate) elsewhere. Masks are inputs of a network, not
 * drawn inside it, so that a step is a pure function, can be repeated, and can be recorded as a graph. The caller owns
 * the tensors.
 */
export type MaskSource = (site: string, shape: readonly number[], rate: number) => tf.Tensor;

/** What a network takes only while it is trained. */
export interface TrainingInputs {
  /** Masks of dropout; without them nothing is dropped. */
  readonly masks?: MaskSource;
}

/** What a training hands to a network, as it is. @throws TypeError for what is none of it */
export function requireTraining(training: TrainingInputs): TrainingInputs {
  requireKnownKeys("what a training hands to a network", training, { masks: "a function" });
  return training;
}

/** What a mask must be: its shape, whose first axis counts the examples, and the share it drops. */
export interface DropoutSite {
  readonly shape: readonly number[];
  readonly rate: number;
}

/** A place where numbers are dropped while training. Without masks it does nothing. */
export class Dropout {
  /**
   * @param site the place's name, such as "mid_block.resnets.0.dropout"
   * @param rate share of numbers dropped, 0 … < 1
   * @throws RangeError for another rate
   */
  constructor(
    private readonly site: string,
    private readonly rate: number,
  ) {
    requireKind("rate", rate, "a number");
    requireKind("site", site, "a text");
    requireDropoutRate(rate);
  }

  /**
   * x ⊙ mask, of any shape; x itself without masks, or where nothing is dropped.
   *
   * @throws RangeError if the mask has another shape
   */
  apply<T extends tf.Tensor>(x: T, masks?: MaskSource): T {
    if (masks !== undefined) requireKind("masks", masks, "a function");
    requireTensor("x", x);
    if (!masks || this.rate === 0) return x;
    const mask = masks(this.site, x.shape, this.rate);
    if (String(mask.shape) !== String(x.shape)) {
      throw new RangeError(`the mask of ${this.site} must have shape [${x.shape}], got [${mask.shape}]`);
    }
    return tf.mul(x, mask) as T;
  }
}

/**
 * The places of a network that drop, found by running it once.
 *
 * @example
 * const sites = dropoutSites((masks) => unet.apply(x, t, {}, { masks }));
 *
 * @throws Error if two places have one name
 */
export function dropoutSites(run: (masks: MaskSource) => tf.Tensor): Map<string, DropoutSite> {
  requireFunction("run", run, "(masks) => network.apply(x, t, {}, { masks })");
  const sites = new Map<string, DropoutSite>();
  tf.tidy(() => {
    run((site, shape, rate) => {
      if (sites.has(site)) throw new Error(`two dropouts are named ${site}: every place needs its own masks`);
      sites.set(site, { shape: [...shape], rate });
      return tf.ones([...shape]);
    });
  });
  return sites;
}

/** Draws of 16 bits: a rate is met to 2⁻¹⁷. */
const DRAWS = 2 ** 16;

/**
 * One mask a place, each from its own stream (seed, place, step): whatever else is drawn, step 7 drops the same numbers.
 *
 * @returns tensors by place; the caller disposes them
 * @throws RangeError for a rate outside 0 … < 1
 */
export function drawMasks(
  sites: ReadonlyMap<string, DropoutSite>,
  options: { readonly seed: number; readonly step: number },
): Record<string, tf.Tensor> {
  if (!(sites instanceof Map)) throw new TypeError(`sites must be what dropoutSites gives, got ${described(sites)}`);
  requireKnownKeys("drawMasks", options, { seed: true, step: true });
  const { seed, step } = options;
  for (const { rate } of sites.values()) requireDropoutRate(rate);
  const masks: Record<string, tf.Tensor> = {};
  for (const [site, { shape, rate }] of sites) {
    const dropped = Math.round(rate * DRAWS);
    // A mean of 1 keeps the expected value: P(kept)·1/P(kept) = 1
    const kept = DRAWS / (DRAWS - dropped);
    const mask = new Float32Array(sizeOf(shape));
    // Two draws a word: masks are many numbers, and this is most of their cost.
    const words = new RandomStream(seed, `dropout/${site}`, step).integers(
      Math.ceil(mask.length / 2),
      -(2 ** 31),
      2 ** 31,
    );
    for (let i = 0; i < mask.length; i++) {
      const draw = (words[i >> 1] >>> (16 * (i & 1))) & (DRAWS - 1);
      mask[i] = draw < dropped ? 0 : kept;
    }
    masks[site] = tf.tensor(mask, [...shape]);
  }
  return masks;
}

/** @throws RangeError unless the rate leaves something */
export function requireDropoutRate(rate: number): void {
  if (!(rate >= 0 && Math.round(rate * DRAWS) < DRAWS))
    throw new RangeError(`dropout is the share of numbers dropped, 0 … < 1, got ${rate}`);
}
