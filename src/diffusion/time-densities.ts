import type { RandomStream } from "../random/index.js";
import { checkNumber, checkPositive, checkShare, checkSteps } from "./check.js";
import type { GaussianPath } from "./paths/path.js";
import { noiseLevel } from "./paths/path.js";

/** Times for one training batch and the weights that keep the loss unbiased, one per example. */
export interface TimeDraw {
  readonly times: Float32Array;
  /** 1 unless the density over-samples some times on purpose and the loss should not notice. */
  readonly weights: Float32Array;
}

/** Which times training sees how often. Independent of the grid that sampling uses. */
export type TimeDensity = (stream: RandomStream, count: number) => TimeDraw;

/** Every time equally often: whole 1 … T on a discrete schedule, (0, T] on a continuous path. Source: Ho et al. 2020, algorithm 1. */
export function uniformTimes(path: GaussianPath): TimeDensity {
  return (stream, count) =>
    unweighted(
      path,
      Array.from({ length: count }, () => stream.uniform()),
    );
}

/**
 * Uniform, but one in each of `count` equal parts, in random order: less variance of the loss at no cost.
 *
 * Source: Kingma et al. 2021 (VDM), its low-discrepancy sampler.
 */
export function stratifiedTimes(path: GaussianPath): TimeDensity {
  return (stream, count) => {
    const order = stream.permutation(count);
    return unweighted(
      path,
      Array.from(order, (part) => (part + stream.uniform()) / count),
    );
  };
}

/**
 * t/T = sigmoid(mean + deviation·z): most training in the middle.
 *
 * Source: Esser et al. 2024 (Stable Diffusion 3), equation 19.
 */
export function logitNormalTimes(
  path: GaussianPath,
  options: { readonly mean?: number; readonly deviation?: number } = {},
): TimeDensity {
  const { mean = 0, deviation = 1 } = options;
  checkNumber("mean", mean);
  checkPositive("deviation", deviation);
  return (stream, count) =>
    unweighted(
      path,
      Array.from({ length: count }, () => 1 / (1 + Math.exp(-(mean + deviation * stream.normal())))),
    );
}

/**
 * ln σ ~ N(mean, deviation²), kept within the path's range.
 *
 * Source: Karras et al. 2022 (EDM), table 1.
 */
export function logNormalLevels(
  path: GaussianPath,
  options: { readonly mean?: number; readonly deviation?: number } = {},
): TimeDensity {
  const { mean = -1.2, deviation = 1.2 } = options;
  checkNumber("mean", mean);
  checkPositive("deviation", deviation);
  const highest = noiseLevel(path, path.T);
  return (stream, count) => {
    const times = Array.from({ length: count }, () =>
      path.timeAt(Math.min(highest, Math.exp(mean + deviation * stream.normal()))),
    );
    // Where only whole times are trained, the nearest.
    if (path.discrete)
      return {
        times: Float32Array.from(times, (t) => Math.max(1, Math.round(t))),
        weights: new Float32Array(count).fill(1),
      };
    return unweighted(
      path,
      times.map((t) => t / path.T),
    );
  };
}

/** A share in [0, 1) of the time axis becomes a time: 1 + ⌊u·T⌋ where only whole times are trained. */
function unweighted(path: GaussianPath, shares: readonly number[]): TimeDraw {
  const toTime = (u: number): number => {
    if (path.discrete) return Math.min(path.T, 1 + Math.floor(u * path.T));
    const t = Math.max(u, Number.EPSILON) * path.T;
    // A T that is no float32 may be rounded up, and the path ends at T.
    return Math.fround(t) > path.T ? path.T * (1 - 2 ** -23) : t;
  };
  return { times: Float32Array.from(shares, toTime), weights: new Float32Array(shares.length).fill(1) };
}

/** Everything {@link LossAwareTimes} has seen, as plain JSON. */
export interface LossAwareState {
  readonly history: readonly (readonly number[])[];
}

/**
 * Importance sampling by loss: time t is drawn with p_t ∝ √E[L_t²] over its last losses, and its loss weighted with
 * 1/(T·p_t), so that the expected loss stays that of uniform times. Uniform until every time has a full history.
 *
 * Source: Nichol & Dhariwal 2021 (improved DDPM), equation 18.
 */
export class LossAwareTimes {
  private readonly history: number[][];

  /**
   * @param T number of discrete times
   * @param length losses remembered per time; default 10
   * @param uniformShare share in 0 … 1 drawn uniformly whatever the losses; default 0.001
   */
  constructor(
    readonly T: number,
    readonly length = 10,
    private readonly uniformShare = 1e-3,
  ) {
    checkSteps("T", T);
    checkSteps("length", length);
    checkShare("uniformShare", uniformShare);
    this.history = Array.from({ length: T }, () => []);
  }

  /** p_1 … p_T. */
  probabilities(): Float64Array {
    const uniform = new Float64Array(this.T).fill(1 / this.T);
    if (this.history.some((losses) => losses.length < this.length)) return uniform;
    // p_t ∝ √E[L_t²]
    const roots = Float64Array.from(this.history, (losses) =>
      Math.sqrt(losses.reduce((sum, loss) => sum + loss * loss, 0) / losses.length),
    );
    const total = roots.reduce((sum, root) => sum + root, 0);
    if (!(total > 0)) return uniform;
    return roots.map((root) => (1 - this.uniformShare) * (root / total) + this.uniformShare / this.T);
  }

  /** Times and weights for one batch; a {@link TimeDensity}. */
  readonly draw: TimeDensity = (stream, count) => {
    const p = this.probabilities();
    const cumulative = new Float64Array(this.T);
    p.reduce((sum, share, i) => (cumulative[i] = sum + share), 0);
    const indices = Array.from({ length: count }, () => {
      const u = stream.uniform() * cumulative[this.T - 1];
      const index = cumulative.findIndex((edge) => u < edge);
      return index < 0 ? this.T - 1 : index;
    });
    return {
      times: Float32Array.from(indices, (i) => i + 1),
      weights: Float32Array.from(indices, (i) => 1 / (this.T * p[i])),
    };
  };

  /** Remembers the (unweighted) loss of each example at its time. */
  record(times: ArrayLike<number>, losses: ArrayLike<number>): void {
    if (times.length !== losses.length) throw new RangeError(`got ${times.length} times but ${losses.length} losses`);
    for (let i = 0; i < times.length; i++) {
      const known = this.history[times[i] - 1];
      if (!known) throw new RangeError(`t = ${times[i]} is no whole time 1 … ${this.T}`);
      known.push(losses[i]);
      if (known.length > this.length) known.shift();
    }
  }

  /** What has been seen so far, for a checkpoint; later losses do not change it. */
  save(): LossAwareState {
    return { history: this.history.map((losses) => [...losses]) };
  }

  /**
   * Goes on from a saved state, in place of what has been seen; the draws are then those of the saved one.
   *
   * @throws RangeError when the state was saved for another T
   */
  restore(state: LossAwareState): void {
    if (state.history.length !== this.T)
      throw new RangeError(`the saved state is for T = ${state.history.length}, not ${this.T}`);
    state.history.forEach((losses, i) => this.history[i].splice(0, Infinity, ...losses));
  }
}
