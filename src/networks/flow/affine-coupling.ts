/** The affine coupling layer: one part of the channels scales and shifts the other. */
import { requireKind } from "../../base/kinds.js";
import { requireTensor } from "../../runtime/tensor.js";
import { requireKnownKeys } from "../../base/check.js";
import * as tf from "../../runtime/tf.js";
import type { Bijection, Transformed } from "./bijection.js";

/** Any network of the part that is kept, with two outputs for each channel that is transformed: ln s and t. */
export type Conditioner<T extends tf.Tensor> = (kept: T) => T;

/** |ln s| stays below this, so that neither direction overflows: s lies between e^−2 and e^2. */
const LOG_SCALE_BOUND = 2;

export interface AffineCouplingOptions {
  /** Of the last axis, at least 2. The first part has ⌈channels/2⌉ of them. */
  readonly channels: number;
  /** Which part changes, default "second". */
  readonly transforms?: "first" | "second";
}

/** Sizes of the part a coupling keeps and of the part it transforms. */
export function couplingSizes({ channels, transforms = "second" }: AffineCouplingOptions): {
  readonly kept: number;
  readonly transformed: number;
} {
  if (!Number.isInteger(channels) || channels < 2) {
    throw new RangeError(`a coupling layer needs at least 2 channels, one to keep and one to change, got ${channels}`);
  }
  const first = Math.ceil(channels / 2);
  const second = channels - first;
  return transforms === "second" ? { kept: first, transformed: second } : { kept: second, transformed: first };
}

/**
 * y_a = x_a, y_b = x_b·s + t with (ln s, t) = NN(x_a); ln |det| = Σ ln s. The inverse needs no inverse of NN.
 * ln s is kept within ±2 by 2·tanh(·/2).
 *
 * Source: Dinh et al. 2017, "Density estimation using Real NVP", equations 4–8.
 */
export class AffineCoupling<T extends tf.Tensor = tf.Tensor> implements Bijection<T> {
  private readonly sizes: { readonly kept: number; readonly transformed: number };
  private readonly keepsFirst: boolean;

  /** @throws RangeError for fewer than 2 channels */
  constructor(
    private readonly conditioner: Conditioner<T>,
    options: AffineCouplingOptions,
  ) {
    requireKind("conditioner", conditioner, "a function");
    requireKnownKeys("AffineCoupling", options, { channels: true, transforms: ["first", "second"] });
    this.sizes = couplingSizes(options);
    this.keepsFirst = (options.transforms ?? "second") === "second";
  }

  forward(x: T): Transformed<T> {
    requireTensor("x", x);
    const { kept, changed } = this.parts(x);
    const { logScale, shift } = this.scaleAndShift(kept);
    const y = tf.add(tf.mul(changed, tf.exp(logScale)), shift) as T;
    const axes = logScale.shape.slice(1).map((_, axis) => axis + 1);
    return { y: this.joined(kept, y), logDeterminant: tf.sum(logScale, axes) };
  }

  inverse(y: T): T {
    requireTensor("y", y);
    const { kept, changed } = this.parts(y);
    const { logScale, shift } = this.scaleAndShift(kept);
    return this.joined(kept, tf.mul(tf.sub(changed, shift), tf.exp(tf.neg(logScale))) as T);
  }

  private scaleAndShift(kept: T): { readonly logScale: tf.Tensor; readonly shift: tf.Tensor } {
    const [raw, shift] = tf.split(this.conditioner(kept), 2, -1);
    return { logScale: tf.mul(tf.tanh(tf.div(raw, LOG_SCALE_BOUND)), LOG_SCALE_BOUND), shift };
  }

  private parts(x: T): { readonly kept: T; readonly changed: T } {
    const { kept, transformed } = this.sizes;
    const [first, second] = tf.split(x, this.keepsFirst ? [kept, transformed] : [transformed, kept], -1) as T[];
    return this.keepsFirst ? { kept: first, changed: second } : { kept: second, changed: first };
  }

  private joined(kept: T, changed: T): T {
    return tf.concat(this.keepsFirst ? [kept, changed] : [changed, kept], -1);
  }
}
