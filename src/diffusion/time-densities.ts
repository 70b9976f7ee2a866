/** Which times training sees how often. */
import { requireKnownKeys } from "../base/check.js";
import type { RandomStream } from "../random/index.js";
import { requireNumber, requirePositive, requireShare, requireWhole } from "../base/values.js";
import type { GaussianPath } from "./paths/path.js";
import { noiseLevel, requireGaussianPath } from "./paths/path.js";

/** Times for one training batch and the weights that keep the loss unbiased, one per example. */
export interface TimeDraw {
  readonly times: Float32Array;
  /** 1 unless the density over-samples some times on purpose and the loss should not notice. */
  readonly weights: Float32Array;
}

/**
 * Which times training sees how often. Independent of the grid that sampling uses.
 *
 * A density may learn from the losses; it then has `observe`, `save` and `restore`, and its draws depend on nothing but
 * the stream and what it observed.
 */
export interface TimeDensity {
  (stream: RandomStream, count: number): TimeDraw;
  /** Of a density that learns: the (unweighted) loss of each example at its time, after each step. */
  observe?(times: Float32Array, losses: Float32Array): void;
  /** What it has observed, for a checkpoint: always of one length. Later losses do not change it. */
  save?(): Float32Array;
  /**
   * Goes on from a saved state, in place of what was observed.
   *
   * @throws RangeError, changing nothing, if the state is of another density
   */
  restore?(memory: Float32Array): void;
  /** Of a density for discrete schedules of this many times only. */
  readonly T?: number;
}

/** Every time equally often: whole 1 … T on a discrete schedule, (0, T] on a continuous path. Source: Ho et al. 2020, algorithm 1. */
export function uniformTimes(path: GaussianPath): TimeDensity {
  requireGaussianPath(path);
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
  requireGaussianPath(path);
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
  requireGaussianPath(path);
  requireKnownKeys("logitNormalTimes", options, { mean: true, deviation: true });
  const { mean = 0, deviation = 1 } = options;
  requireNumber("mean", mean);
  requirePositive("deviation", deviation);
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
  requireGaussianPath(path);
  requireKnownKeys("logNormalLevels", options, { mean: true, deviation: true });
  const { mean = -1.2, deviation = 1.2 } = options;
  requireNumber("mean", mean);
  requirePositive("deviation", deviation);
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

export interface LossAwareOptions {
  /** Losses remembered for each time; default 10. */
  readonly length?: number;
  /** Share in 0 … 1 drawn uniformly whatever the losses; default 0.001. */
  readonly uniformShare?: number;
}

/** What {@link lossAwareTimes} gives. */
export interface LossAwareTimes extends TimeDensity {
  readonly T: number;
  /** p_1 … p_T. */
  probabilities(): Float64Array;
  observe(times: ArrayLike<number>, losses: ArrayLike<number>): void;
  /** `length`, then for each time as many losses, the oldest first, filled up with NaN. */
  save(): Float32Array;
  restore(memory: Float32Array): void;
}

/**
 * Importance sampling by loss: time t is drawn with p_t ∝ √E[L_t²] over its last losses, and its loss weighted with
 * 1/(T·p_t), so that the expected loss stays that of uniform times. Uniform until every time has a full history.
 *
 * Source: Nichol & Dhariwal 2021 (improved DDPM), equation 18.
 *
 * @param T number of discrete times
 */
export function lossAwareTimes(T: number, options: LossAwareOptions = {}): LossAwareTimes {
  requireKnownKeys("lossAwareTimes", options, { length: true, uniformShare: true });
  const { length = 10, uniformShare = 1e-3 } = options;
  requireWhole("T", T);
  requireWhole("length", length);
  requireShare("uniformShare", uniformShare);
  const history: number[][] = Array.from({ length: T }, () => []);

  const probabilities = (): Float64Array => {
    const uniform = new Float64Array(T).fill(1 / T);
    if (history.some((losses) => losses.length < length)) return uniform;
    // p_t ∝ √E[L_t²]
    const roots = Float64Array.from(history, (losses) =>
      Math.sqrt(losses.reduce((sum, loss) => sum + loss * loss, 0) / losses.length),
    );
    const total = roots.reduce((sum, root) => sum + root, 0);
    if (!(total > 0)) return uniform;
    return roots.map((root) => (1 - uniformShare) * (root / total) + uniformShare / T);
  };

  const draw = (stream: RandomStream, count: number): TimeDraw => {
    const p = probabilities();
    const cumulative = new Float64Array(T);
    p.reduce((sum, share, i) => (cumulative[i] = sum + share), 0);
    const indices = Array.from({ length: count }, () => {
      const u = stream.uniform() * cumulative[T - 1];
      const index = cumulative.findIndex((edge) => u < edge);
      return index < 0 ? T - 1 : index;
    });
    return {
      times: Float32Array.from(indices, (i) => i + 1),
      weights: Float32Array.from(indices, (i) => 1 / (T * p[i])),
    };
  };

  const observe = (times: ArrayLike<number>, losses: ArrayLike<number>): void => {
    if (times.length !== losses.length) throw new RangeError(`got ${times.length} times but ${losses.length} losses`);
    for (let i = 0; i < times.length; i++) {
      const known = history[times[i] - 1];
      if (!known) throw new RangeError(`t = ${times[i]} is no whole time 1 … ${T}`);
      known.push(losses[i]);
      if (known.length > length) known.shift();
    }
  };

  const save = (): Float32Array => {
    const memory = new Float32Array(1 + T * length).fill(NaN);
    memory[0] = length;
    history.forEach((losses, i) => memory.set(losses, 1 + i * length));
    return memory;
  };

  const restore = ([rowLength, ...losses]: Float32Array): void => {
    if (rowLength !== length) {
      throw new RangeError(
        `the state remembers ${rowLength} losses of each time, these times ${length}: train with the same times as before`,
      );
    }
    if (losses.length !== T * length) {
      throw new RangeError(`the saved state is for T = ${losses.length / length}, not ${T}`);
    }
    history.forEach((row, i) => {
      const saved = losses.slice(i * length, (i + 1) * length);
      row.splice(0, Infinity, ...saved.filter((loss) => !Number.isNaN(loss)));
    });
  };

  return Object.assign(draw, { T, probabilities, observe, save, restore });
}
