/** Discrete schedules: float64 tables of β_t and ᾱ_t, made from either. */
import { requireKind } from "../../base/kinds.js";
import { requireNumbers } from "../../base/values.js";
import { requireGaussianPath } from "./path.js";
import type { PathKind } from "./path-kind.js";
import type { GaussianPath, PathConfig } from "./path.js";
import { warnOfTerminalSnr } from "./terminal-snr.js";
import { requireTime } from "./time.js";

/**
 * A variance-preserving noise schedule in T discrete steps: a frozen value of float64 tables, to be read only.
 * All tables have T + 1 entries and are indexed by t itself; entry 0 is clean data.
 *
 * Source: Ho et al. 2020 (DDPM), section 2.
 */
export interface Schedule extends GaussianPath {
  readonly config: PathConfig;
  /** Number of steps. */
  readonly T: number;
  /** β_t, variance of the noise that step t adds; β_0 = 0. */
  readonly beta: Float64Array;
  /** α_t = 1 − β_t. */
  readonly alpha: Float64Array;
  /** ᾱ_t = α_1 · … · α_t; ᾱ_0 = 1. */
  readonly alphaBar: Float64Array;
  /** √(1 − ᾱ_t), standard deviation of the noise in x_t. */
  readonly sigma: Float64Array;
  /** ᾱ_t/(1 − ᾱ_t); infinite at t = 0. */
  readonly snr: Float64Array;
  /** β̃_t = β_t·(1 − ᾱ_{t−1})/(1 − ᾱ_t), variance of q(x_{t−1} | x_t, x_0); 0 at t = 0 and t = 1. */
  readonly posteriorVariance: Float64Array;
}

/**
 * A schedule from its β_1 … β_T (0 ≤ β < 1; β_T = 1 is allowed and means a terminal SNR of zero).
 * Warns when SNR_T > 1e-2: sampling starts from N(0, I), which x_T then is not.
 *
 * @param config what the β were made from, default the β themselves
 * @throws RangeError when a β is outside its range or the list is empty.
 */
export function scheduleFromBetas(name: string, betas: ArrayLike<number>, config?: PathConfig): Schedule {
  if (config !== undefined) requireKind("config", config, "an object");
  requireKind("name", name, "a text");
  requireNumbers("betas", betas);
  const T = betas.length;
  if (T < 1) throw new RangeError(`schedule "${name}" needs at least one step, got none`);
  const alphaBar = new Float64Array(T + 1).fill(1);
  for (let t = 1; t <= T; t++) {
    const beta = betas[t - 1];
    if (!(beta >= 0 && (beta < 1 || (beta === 1 && t === T)))) {
      throw new RangeError(`schedule "${name}": β_${t} = ${beta} is not in [0, 1): use more steps or a smaller β`);
    }
    // ᾱ_t = ᾱ_{t−1}·(1 − β_t)
    alphaBar[t] = alphaBar[t - 1] * (1 - beta);
  }
  const beta = Float64Array.from({ length: T + 1 }, (_, t) => (t === 0 ? 0 : betas[t - 1]));
  return makeSchedule(name, config ?? { kind: "betas", name, betas: Array.from(betas) }, alphaBar, beta);
}

/**
 * A schedule from its ᾱ_0 = 1 > ᾱ_1 > … > ᾱ_T ≥ 0, with β_t = 1 − ᾱ_t/ᾱ_{t−1}.
 *
 * @param config what the ᾱ were made from, default the ᾱ themselves
 * @throws RangeError when the list does not start at 1 and fall, or goes below 0.
 */
export function scheduleFromAlphaBars(name: string, alphaBars: ArrayLike<number>, config?: PathConfig): Schedule {
  if (config !== undefined) requireKind("config", config, "an object");
  requireKind("name", name, "a text");
  requireNumbers("alphaBars", alphaBars);
  const T = alphaBars.length - 1;
  if (T < 1 || alphaBars[0] !== 1) {
    throw new RangeError(`schedule "${name}": give ᾱ_0 = 1 and at least ᾱ_1, got [${alphaBars[0]}, … ${T + 1} values]`);
  }
  const beta = new Float64Array(T + 1);
  for (let t = 1; t <= T; t++) {
    if (!(alphaBars[t] >= 0 && alphaBars[t] < alphaBars[t - 1])) {
      throw new RangeError(
        `schedule "${name}": ᾱ must fall and stay ≥ 0, but ᾱ_${t} = ${alphaBars[t]} after ${alphaBars[t - 1]}`,
      );
    }
    beta[t] = 1 - alphaBars[t] / alphaBars[t - 1];
  }
  const given = config ?? { kind: "alpha-bars", name, alphaBars: Array.from(alphaBars) };
  return makeSchedule(name, given, Float64Array.from(alphaBars), beta);
}

/** @throws RangeError naming the place, unless the path is a discrete schedule with its tables */
export function requireSchedule(where: string, path: GaussianPath): Schedule {
  requireGaussianPath(path);
  if (path.discrete && (path as Partial<Schedule>).alphaBar) return path as Schedule;
  throw new RangeError(`${where} must be a discrete schedule, got the path "${path.name}"`);
}

/** {@link scheduleFromBetas} in a file. */
export const betasKind: PathKind = {
  kind: "betas",
  parse: (fields) => scheduleFromBetas(fields.string("name"), fields.numbers("betas")),
};

/** {@link scheduleFromAlphaBars} in a file. */
export const alphaBarsKind: PathKind = {
  kind: "alpha-bars",
  parse: (fields) => scheduleFromAlphaBars(fields.string("name"), fields.numbers("alphaBars")),
};

/** Shared by all schedules: a notebook tells by it what they are, and shows them as a table. */
const schedulePrototype: object = {};

function makeSchedule(name: string, config: PathConfig, alphaBar: Float64Array, beta: Float64Array): Schedule {
  const T = alphaBar.length - 1;
  const snr = alphaBar.map((a) => a / (1 - a));
  warnOfTerminalSnr(`schedule "${name}"`, snr[T], "Use more or larger β, or rescale to zero terminal SNR.");
  // The path's own: a table that is written to does not change a(t), b(t) and σ(t).
  const signals = alphaBar.map(Math.sqrt);
  const noises = alphaBar.map((a) => Math.sqrt(1 - a));
  const levels = alphaBar.map((a) => Math.sqrt((1 - a) / a));
  const tables: Schedule = {
    name,
    config: Object.freeze(config),
    T,
    discrete: true,
    beta,
    alpha: beta.map((b) => 1 - b),
    alphaBar,
    sigma: alphaBar.map((a) => Math.sqrt(1 - a)),
    snr,
    // β̃_t = β_t·(1 − ᾱ_{t−1})/(1 − ᾱ_t)
    posteriorVariance: beta.map((b, t) =>
      alphaBar[Math.max(t - 1, 0)] === 1 ? 0 : (b * (1 - alphaBar[t - 1])) / (1 - alphaBar[t]),
    ),
    signal: (t: number) => {
      requireTime({ name, T }, t);
      return Number.isInteger(t) ? signals[t] : 1 / Math.hypot(1, levelBetween(levels, t));
    },
    noise: (t: number) => {
      requireTime({ name, T }, t);
      if (Number.isInteger(t)) return noises[t];
      const level = levelBetween(levels, t);
      return level / Math.hypot(1, level);
    },
    timeAt: (level: number) => {
      requireLevel(name, levels, level);
      return timeBetween(levels, level);
    },
  };
  return Object.freeze(Object.assign(Object.create(schedulePrototype) as Schedule, tables));
}

function requireLevel(name: string, levels: Float64Array, level: number): void {
  const last = levels[levels.length - 1];
  // A grid that ends exactly at σ_T may miss it by a rounding error.
  if (!(level >= 0 && level <= last * (1 + 1e-9))) {
    throw new RangeError(`noise level ${level} is outside 0 … ${last}, the levels of schedule "${name}"`);
  }
}

// Between two discrete times ln σ is linear in t, except next to σ = 0 (linear in σ) and σ = ∞ (linear in 1/σ).
function levelBetween(levels: Float64Array, t: number): number {
  const low = Math.floor(t);
  const part = t - low;
  const [from, to] = [levels[low], levels[low + 1]];
  if (low === 0 && to === Infinity) return part / (1 - part);
  if (from === 0) return to * part;
  if (to === Infinity) return from / (1 - part);
  return from * (to / from) ** part;
}

function timeBetween(levels: Float64Array, level: number): number {
  const T = levels.length - 1;
  if (level >= levels[T]) return T;
  let low = 0;
  for (let high = T; high - low > 1;) {
    const middle = (low + high) >> 1;
    if (levels[middle] <= level) low = middle;
    else high = middle;
  }
  const [from, to] = [levels[low], levels[low + 1]];
  if (low === 0 && to === Infinity) return level / (1 + level);
  if (from === 0) return low + level / to;
  if (to === Infinity) return low + 1 - from / level;
  return low + Math.log(level / from) / Math.log(to / from);
}
