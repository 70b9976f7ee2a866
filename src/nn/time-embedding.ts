/** Sinusoids of a time, and the small network that makes of them what every block sees. */
import { requireTensor } from "../runtime/tensor.js";
import { requireScope } from "./parameters.js";
import { requireKnownKeys } from "../base/check.js";
import * as tf from "../runtime/tf.js";
import { activation, type ActivationName } from "./activations.js";
import { Dense } from "./dense.js";
import type { DenseStart } from "./initialisers.js";
import type { ParameterScope } from "./parameters.js";
import { part } from "./probe.js";

/** The two orders in use: the paper's sin|cos, and diffusers' default cos|sin (`flip_sin_to_cos`). */
export type SinusoidOrder = "sin-cos" | "cos-sin";

export interface SinusoidalOptions {
  readonly dimensions: number;
  /** Default "cos-sin". */
  readonly order?: SinusoidOrder;
  /**
   * Shortens the ladder of frequencies: ω_i = 10000^(−i/(half − shift)). 0 (default) is the
   * convention of diffusers' U-Nets and of DiT's own code; 1 ends exactly at 1/10000, as in DDPM's code and in diffusers'
   * DiT.
   */
  readonly frequencyShift?: number;
}

/**
 * Sinusoidal time embedding: [N] → [N, dimensions] with cos(t·ω_i) and sin(t·ω_i),
 * ω_i = 10000^(−i/(half − shift)), i = 0 … half − 1.
 *
 * Source: Vaswani et al. 2017, section 3.5; Ho et al. 2020, appendix B.
 * @throws RangeError if `dimensions` is not a positive even number
 */
export function sinusoidalEmbedding(t: tf.Tensor1D, options: SinusoidalOptions): tf.Tensor2D {
  requireTensor("t", t, "numbers", 1);
  requireKnownKeys("sinusoidalEmbedding", options, {
    dimensions: true,
    order: ["cos-sin", "sin-cos"],
    frequencyShift: "a number",
  });
  const { dimensions, order = "cos-sin", frequencyShift = 0 } = options;
  if (!Number.isInteger(dimensions) || dimensions < 2 || dimensions % 2 !== 0) {
    throw new RangeError(`a sinusoidal embedding has sine–cosine pairs: dimensions must be even, got ${dimensions}`);
  }
  const half = dimensions / 2;
  if (!(frequencyShift < half)) {
    throw new RangeError(
      `frequencyShift (freq_shift) must be below ${half}, half the dimensions, got ${frequencyShift}`,
    );
  }
  const frequencies = Float32Array.from({ length: half }, (_, i) =>
    Math.exp((-Math.log(10000) * i) / (half - frequencyShift)),
  );
  return tf.tidy(() => {
    const angles = tf.mul(tf.expandDims(t, 1), tf.tensor2d(frequencies, [1, half]));
    const pair = order === "cos-sin" ? [tf.cos(angles), tf.sin(angles)] : [tf.sin(angles), tf.cos(angles)];
    return tf.concat(pair, 1) as tf.Tensor2D;
  });
}

export interface TimeEmbeddingOptions {
  readonly inputs: number;
  readonly outputs: number;
  /** Default "silu". */
  readonly activation?: ActivationName;
  readonly start?: DenseStart;
}

/** The two-layer network that turns a raw embedding into the vector every block sees: W₂·act(W₁·e). */
export class TimeEmbedding {
  private readonly first: Dense;
  private readonly second: Dense;
  private readonly name: string;
  private readonly act: (x: tf.Tensor) => tf.Tensor;

  constructor(scope: ParameterScope, options: TimeEmbeddingOptions) {
    requireScope(scope);
    requireKnownKeys("TimeEmbedding", options, {
      inputs: true,
      outputs: true,
      activation: ["silu", "swish", "gelu", "quick_gelu", "mish", "relu"],
      start: "a function",
    });
    const { inputs, outputs, start } = options;
    this.name = scope.prefix;
    this.first = new Dense(scope.scope("linear_1"), { inputs, outputs, start });
    this.second = new Dense(scope.scope("linear_2"), { inputs: outputs, outputs, start });
    this.act = activation(options.activation ?? "silu");
  }

  /** [N, inputs] → [N, outputs] */
  apply(embedding: tf.Tensor2D): tf.Tensor2D {
    requireTensor("embedding", embedding, "float", 2);
    return part(this.name, "time", () => this.second.apply(this.act(this.first.apply(embedding)) as tf.Tensor2D));
  }
}
