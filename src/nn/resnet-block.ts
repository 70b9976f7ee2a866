/** The residual block of U-Nets and autoencoders. */
import { requireKind } from "../base/kinds.js";
import { requireTensor } from "../runtime/tensor.js";
import { requireScope } from "./parameters.js";
import { requireKnownKeys } from "../base/check.js";
import * as tf from "../runtime/tf.js";
import { activation, type ActivationName } from "./activations.js";
import { Conv2d } from "./conv.js";
import { Dense } from "./dense.js";
import { Dropout, type MaskSource } from "./dropout.js";
import { GroupNorm } from "./group-norm.js";
import type { ParameterScope } from "./parameters.js";
import { part } from "./probe.js";

/** How the time embedding enters: added after the first convolution, or as scale and shift of the second norm. */
export type TimeScaleShift = "default" | "scale_shift";

export interface ResnetBlockOptions {
  readonly inputs: number;
  readonly outputs: number;
  /** Length of the time embedding; null for a block that is told no time, as an autoencoder's are. */
  readonly timeChannels: number | null;
  readonly groups: number;
  readonly epsilon?: number;
  readonly activation?: ActivationName;
  readonly timeScaleShift?: TimeScaleShift;
  /** Share of numbers dropped before the second convolution while training, default 0. */
  readonly dropout?: number;
  /** The sum of the two paths is divided by this, default 1. */
  readonly outputScale?: number;
}

/**
 * The residual block of diffusion U-Nets: y = (skip(x) + h)/scale with
 * h = conv₂(dropout(act(norm₂(conv₁(act(norm₁(x))) + W·act(e))))) and skip a 1×1 convolution where channels change; W·act(e) is left
 * out without time.
 *
 * Source: Ho et al. 2020, appendix B; scale_shift is Dhariwal and Nichol 2021, equation 6.
 */
export class ResnetBlock {
  private readonly name: string;
  private readonly norm1: GroupNorm;
  private readonly conv1: Conv2d;
  private readonly timeProjection: Dense | undefined;
  private readonly norm2: GroupNorm;
  private readonly dropout: Dropout;
  private readonly conv2: Conv2d;
  private readonly shortcut: Conv2d | undefined;
  private readonly act: (x: tf.Tensor) => tf.Tensor;

  /** @throws RangeError if `groups` does not divide the channels, or time is to scale and shift where there is none */
  constructor(
    scope: ParameterScope,
    private readonly options: ResnetBlockOptions,
  ) {
    requireScope(scope);
    requireKnownKeys("ResnetBlock", options, {
      inputs: true,
      outputs: true,
      timeChannels: true,
      groups: "a number",
      epsilon: "a number",
      activation: ["silu", "swish", "gelu", "quick_gelu", "mish", "relu"],
      timeScaleShift: ["default", "scale_shift"],
      dropout: "a number",
      outputScale: "a number",
    });
    const { inputs, outputs, timeChannels, groups, epsilon } = options;
    if (timeChannels === null && options.timeScaleShift === "scale_shift") {
      throw new RangeError(
        'timeScaleShift "scale_shift" needs timeChannels: without time there is nothing to scale by',
      );
    }
    const timeOutputs = options.timeScaleShift === "scale_shift" ? 2 * outputs : outputs;
    this.name = scope.prefix;
    this.act = activation(options.activation ?? "silu");
    this.norm1 = new GroupNorm(scope.scope("norm1"), { channels: inputs, groups, epsilon });
    this.conv1 = new Conv2d(scope.scope("conv1"), { inputs, outputs });
    if (timeChannels !== null) {
      this.timeProjection = new Dense(scope.scope("time_emb_proj"), { inputs: timeChannels, outputs: timeOutputs });
    }
    this.norm2 = new GroupNorm(scope.scope("norm2"), { channels: outputs, groups, epsilon });
    this.dropout = new Dropout(`${scope.prefix}.dropout`, options.dropout ?? 0);
    this.conv2 = new Conv2d(scope.scope("conv2"), { inputs: outputs, outputs });
    if (inputs !== outputs) this.shortcut = new Conv2d(scope.scope("conv_shortcut"), { inputs, outputs, kernel: 1 });
  }

  /**
   * @param x [N, H, W, inputs]
   * @param e the time embedding, [N, timeChannels]; null where the block is told no time
   * @param masks of dropout, while training
   * @returns [N, H, W, outputs]
   * @throws RangeError if there is a time embedding and no place for it, or a place and no embedding
   */
  apply(x: tf.Tensor4D, e: tf.Tensor2D | null, masks?: MaskSource): tf.Tensor4D {
    if (masks !== undefined) requireKind("masks", masks, "a function");
    if (e) requireTensor("e", e, "float", 2);
    requireTensor("x", x, "float", 4);
    this.requireTime(e);
    return part(this.name, "residual", () => {
      const { outputScale = 1 } = this.options;
      let h = this.conv1.apply(this.act(this.norm1.apply(x)) as tf.Tensor4D);
      h = e === null ? this.norm2.apply(h) : this.withTime(h, e);
      h = this.conv2.apply(this.dropout.apply(this.act(h) as tf.Tensor4D, masks));
      const sum = tf.add(this.shortcut ? this.shortcut.apply(x) : x, h) as tf.Tensor4D;
      return outputScale === 1 ? sum : (tf.div(sum, outputScale) as tf.Tensor4D);
    });
  }

  /** norm₂(h + W·act(e)), or norm₂(h)·(1 + scale) + shift with [scale, shift] = W·act(e). */
  private withTime(h: tf.Tensor4D, e: tf.Tensor2D): tf.Tensor4D {
    const projected = this.timeProjection!.apply(this.act(e) as tf.Tensor2D);
    const time = tf.reshape(projected, [h.shape[0], 1, 1, -1]) as tf.Tensor4D;
    if (this.options.timeScaleShift !== "scale_shift") return this.norm2.apply(tf.add(h, time));
    const [scale, shift] = tf.split(time, 2, 3) as [tf.Tensor4D, tf.Tensor4D];
    return tf.add(tf.mul(this.norm2.apply(h), tf.add(scale, 1)), shift);
  }

  private requireTime(e: tf.Tensor2D | null): void {
    if ((e === null) === (this.timeProjection === undefined)) return;
    const remedy = e === null ? "give the time's embedding, [N, timeChannels]" : "give null instead of an embedding";
    throw new RangeError(`${this.name} was built with timeChannels = ${this.options.timeChannels}: ${remedy}`);
  }
}
