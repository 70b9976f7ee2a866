/** The ways to tell a network the time: sinusoids, Fourier features, learned vectors, a number, nothing. */
import { requireTensor } from "../runtime/tensor.js";
import { requireScope } from "./parameters.js";
import { requireKnownKeys } from "../base/check.js";
import { valuesExist } from "../runtime/recording.js";
import * as tf from "../runtime/tf.js";
import { Embedding } from "./embedding.js";
import type { ParameterScope } from "./parameters.js";
import { part } from "./probe.js";
import { sinusoidalEmbedding, type SinusoidOrder } from "./time-embedding.js";

/**
 * How a network is told the time:
 *
 * | name | encoding of t |
 * |---|---|
 * | `cos-sin`, `sin-cos` | cosines and sines of t·ω_i, see {@link sinusoidalEmbedding} |
 * | `fourier` | sines and cosines of 2π·w_i·f(t) with frequencies w_i ~ N(0, scale²) drawn once, f(t) = t or given |
 * | `learned` | a trained vector for every whole t |
 * | `scalar` | one number, t/steps; with steps = 1 it is t itself |
 * | `none` | nothing: the network must do without |
 */
export const timeEncodingNames = ["cos-sin", "sin-cos", "fourier", "learned", "scalar", "none"] as const;
/** One of {@link timeEncodingNames}. */
export type TimeEncodingName = (typeof timeEncodingNames)[number];

export interface TimeEncodingOptions {
  readonly kind: TimeEncodingName;
  /** Length of the encoding; even for sinusoids and Fourier features, without meaning for `scalar` and `none`. */
  readonly dimensions: number;
  /** For sinusoids, default 0: see {@link sinusoidalEmbedding}. */
  readonly frequencyShift?: number;
  /** For `learned`: the whole times 0 … steps − 1 have a vector each, others have that of the nearest. For `scalar`: its unit. */
  readonly steps?: number;
  /** For `fourier`: what is multiplied by the frequencies; default t itself. */
  readonly fourierInput?: (t: tf.Tensor1D) => tf.Tensor1D;
  /** For `fourier`: standard deviation of the frequencies, default 1. */
  readonly fourierScale?: number;
  /** For `fourier`: default "sin-cos". */
  readonly fourierOrder?: SinusoidOrder;
}

/**
 * An encoding of time, [N] → [N, dimensions], with the parameters it needs: none for sinusoids, `weight` for learned
 * vectors, and the constant `weight` for random Fourier features.
 *
 * Source: Ho et al. 2020, appendix B (sinusoids); Tancik et al. 2020 and Song et al. 2021, appendix C (Fourier).
 */
export class TimeEncoding {
  private readonly name: string;
  private readonly table: Embedding | undefined;
  private readonly frequencies: tf.Variable | undefined;

  /** @throws RangeError if the kind is unknown, or `dimensions` or `steps` is not what it needs */
  constructor(
    scope: ParameterScope,
    private readonly options: TimeEncodingOptions,
  ) {
    requireScope(scope);
    requireKnownKeys("TimeEncoding", options, {
      kind: true,
      dimensions: true,
      frequencyShift: "a number",
      steps: "a number",
      fourierInput: "a function",
      fourierScale: "a number",
      fourierOrder: ["cos-sin", "sin-cos"],
    });
    const { kind, dimensions, steps, fourierScale = 1 } = options;
    this.name = scope.prefix;
    switch (kind) {
      case "learned":
        if (steps === undefined) throw new RangeError('a "learned" time encoding needs steps, the number of times');
        this.table = new Embedding(scope, { count: steps, channels: dimensions });
        break;
      case "fourier":
        requireEven(dimensions);
        this.frequencies = scope.createConstant("weight", [dimensions / 2], {
          kind: "normal",
          deviation: fourierScale,
        });
        break;
      case "cos-sin":
      case "sin-cos":
        requireEven(dimensions);
        break;
      case "scalar":
        if (!(steps! > 0))
          throw new RangeError(`a "scalar" time encoding is t/steps: steps must be above 0, got ${steps}`);
        break;
      case "none":
        break;
      default:
        throw new RangeError(`unknown time encoding "${String(kind)}": choose ${timeEncodingNames.join(", ")}`);
    }
  }

  /** Length of the vector {@link apply} returns. */
  get dimensions(): number {
    const { kind, dimensions } = this.options;
    return kind === "none" ? 0 : kind === "scalar" ? 1 : dimensions;
  }

  /**
   * @returns [N, dimensions]; of `scalar` [N, 1], of `none` [N, 0]
   * @throws RangeError if `learned` has no vector for a time (a graph has no values to look at, and takes the nearest)
   */
  apply(t: tf.Tensor1D): tf.Tensor2D {
    requireTensor("t", t, "numbers", 1);
    const { kind, dimensions, frequencyShift, fourierInput = (time) => time, fourierOrder } = this.options;
    return part(this.name, "time", () => {
      switch (kind) {
        case "cos-sin":
        case "sin-cos":
          return sinusoidalEmbedding(t, { dimensions, order: kind, frequencyShift });
        case "learned":
          return this.table!.apply(this.rows(t));
        case "fourier": {
          const w = tf.expandDims(this.frequencies as unknown as tf.Tensor1D, 0);
          const angles = tf.mul(tf.mul(tf.expandDims(fourierInput(t), 1), w), 2 * Math.PI);
          const pair = [tf.sin(angles), tf.cos(angles)];
          return tf.concat(fourierOrder === "cos-sin" ? pair.reverse() : pair, 1) as tf.Tensor2D;
        }
        case "scalar":
          return tf.expandDims(tf.div(t, this.options.steps!), 1) as tf.Tensor2D;
        case "none":
          return tf.zeros([t.shape[0], 0]);
      }
    });
  }

  private rows(t: tf.Tensor1D): tf.Tensor1D {
    const last = this.options.steps! - 1;
    const row = tf.round(t);
    const strange = valuesExist()
      ? Array.from(row.dataSync()).find((value) => !(value >= 0 && value <= last))
      : undefined;
    if (strange !== undefined)
      throw new RangeError(`this "learned" time encoding knows the times 0 … ${last}, got ${strange}`);
    return tf.cast(tf.clipByValue(row, 0, last), "int32") as tf.Tensor1D;
  }
}

function requireEven(dimensions: number): void {
  if (!Number.isInteger(dimensions) || dimensions < 2 || dimensions % 2 !== 0) {
    throw new RangeError(`this time encoding has sine–cosine pairs: dimensions must be even, got ${dimensions}`);
  }
}
