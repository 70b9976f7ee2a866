/** The contract of a path from data to noise, and the noise levels read from one. */
import { described } from "../../base/check.js";
import type { Json } from "../../base/fields.js";
import { requireTime } from "./time.js";

/** What a path was made from, as plain JSON: its kind and its parameters. */
export interface PathConfig {
  readonly kind: string;
  readonly [parameter: string]: Json;
}

/**
 * A Gaussian path from data to noise: x_t = a(t)·x_0 + b(t)·ε with ε ~ N(0, I), 0 ≤ t ≤ T,
 * a(0) = 1, b(0) = 0 and b/a growing with t.
 *
 * Every diffusion and flow-matching model here is one of these; dividing x_t by a(t) turns
 * each into the same process x_0 + σ·ε with σ = b/a, which is what the samplers in σ use.
 */
export interface GaussianPath {
  readonly name: string;
  /** What it was made from, so that a file can name it; a path of your own that is in no registry has none. */
  readonly config?: PathConfig;
  /** The last time: 1000 for most discrete schedules, 1 for continuous paths. */
  readonly T: number;
  /** True where only whole times were trained; samplers then prefer those. */
  readonly discrete: boolean;
  /** a(t), the factor of the data. @throws RangeError for t outside 0 … T */
  signal(t: number): number;
  /** b(t), the standard deviation of the noise. @throws RangeError for t outside 0 … T */
  noise(t: number): number;
  /** The t whose b(t)/a(t) is `level`; the inverse of {@link noiseLevel}. */
  timeAt(level: number): number;
}

/** @throws TypeError for what is no path, before it is asked for a level */
export function requireGaussianPath(value: unknown): asserts value is GaussianPath {
  const { signal, noise, timeAt, T } = (value ?? {}) as Partial<GaussianPath>;
  if ([signal, noise, timeAt].every((one) => typeof one === "function") && typeof T === "number") return;
  throw new TypeError(
    `a path from data to noise is needed, such as linearSchedule() or flowPath(), got ${described(value)}`,
  );
}

/** Where {@link samePath} compares, as shares of T. */
const COMPARED = [1 / 16, 1 / 8, 1 / 4, 1 / 2, 3 / 4, 1];

/** Whether two paths have the same times and, wherever they are compared, the same a(t) and b(t). */
export function samePath(one: GaussianPath, other: GaussianPath): boolean {
  requireGaussianPath(one);
  requireGaussianPath(other);
  if (one === other) return true;
  if (one.T !== other.T || one.discrete !== other.discrete) return false;
  return COMPARED.every((share) => {
    const t = one.discrete ? Math.ceil(share * one.T) : share * one.T;
    return one.signal(t) === other.signal(t) && one.noise(t) === other.noise(t);
  });
}

/**
 * σ(t) = b(t)/a(t), the noise per unit of signal. Infinite where no signal is left.
 *
 * Source: Karras et al. 2022 (EDM), equation 2 and table 1, where σ(t) is measured on x_t/s(t).
 */
export function noiseLevel(path: GaussianPath, t: number): number {
  requireTime(path, t);
  return path.noise(t) / path.signal(t);
}

/** λ(t) = ln(a(t)/b(t)), half the log signal-to-noise ratio. Source: Lu et al. 2022 (DPM-Solver), section 2.2. */
export function halfLogSnr(path: GaussianPath, t: number): number {
  requireTime(path, t);
  return Math.log(path.signal(t)) - Math.log(path.noise(t));
}
