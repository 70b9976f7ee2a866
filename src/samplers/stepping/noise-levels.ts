/** Ways to spread noise levels σ over their range. */
import { requireKind } from "../../base/kinds.js";
import { requireLike } from "../../base/values.js";
import type { GaussianPath } from "../../diffusion/paths/path.js";
import { noiseLevel, requireGaussianPath } from "../../diffusion/paths/path.js";
import { lowestTime } from "./time-range.js";

export interface NoiseLevelRange {
  /** The least σ > 0. */
  readonly min: number;
  /** The greatest σ. */
  readonly max: number;
}

/** The σ range of a path: from its first trained level (t = 1; on a continuous path t = T/1000, or σ(T)/40000 where a = 1) to σ(T). */
export function noiseLevelRange(path: GaussianPath): NoiseLevelRange {
  requireGaussianPath(path);
  return { min: noiseLevel(path, lowestTime(path)), max: noiseLevel(path, path.T) };
}

/**
 * σ_i = (σ_max^{1/ρ} + u·(σ_min^{1/ρ} − σ_max^{1/ρ}))^ρ with u = i/(n − 1): n levels, denser near σ_min as ρ grows.
 *
 * Source: Karras et al. 2022 (EDM), equation 5.
 */
export function karrasLevels(n: number, range: NoiseLevelRange, rho = 7): number[] {
  requireKind("rho", rho, "a number");
  requireRange(range);
  if (!(rho > 0)) throw new RangeError(`rho must be > 0, got ${rho}`);
  const [from, to] = [range.max ** (1 / rho), range.min ** (1 / rho)];
  return levels(n, range, (u) => (from + u * (to - from)) ** rho);
}

/** ln σ falls evenly from σ_max to σ_min; also called log-linear. */
export function exponentialLevels(n: number, range: NoiseLevelRange): number[] {
  return polyexponentialLevels(n, range, 1);
}

/** ln σ falls evenly from σ_max to σ_min: another name of {@link exponentialLevels}. Source: Permenter & Yuan 2024. */
export function logLinearLevels(n: number, range: NoiseLevelRange): number[] {
  return exponentialLevels(n, range);
}

/** ln σ_i = ln σ_min + (1 − u)^ρ·(ln σ_max − ln σ_min): ρ = 1 is exponential, larger ρ is denser near σ_min. */
export function polyexponentialLevels(n: number, range: NoiseLevelRange, rho = 1): number[] {
  requireKind("rho", rho, "a number");
  requireRange(range);
  if (!(rho > 0)) throw new RangeError(`rho must be > 0, got ${rho}`);
  const [from, to] = [Math.log(range.max), Math.log(range.min)];
  return levels(n, range, (u) => Math.exp(to + (1 - u) ** rho * (from - to)));
}

function levels(n: number, { min, max }: NoiseLevelRange, rule: (u: number) => number): number[] {
  if (!Number.isInteger(n) || n < 2) throw new RangeError(`a grid needs a whole number of levels ≥ 2, got ${n}`);
  if (!(min > 0 && min < max && Number.isFinite(max))) {
    throw new RangeError(
      `need 0 < min < max < ∞, got min = ${min}, max = ${max}: with zero terminal SNR give a finite max`,
    );
  }
  // The ends are exact, so that they invert to exact times.
  return Array.from({ length: n }, (_, i) => (i === 0 ? max : i === n - 1 ? min : rule(i / (n - 1))));
}

function requireRange(range: NoiseLevelRange): void {
  requireLike("range", range, ["min", "max"], "noiseLevelRange(path)");
  requireKind("min of range", range.min, "a number");
  requireKind("max of range", range.max, "a number");
}
