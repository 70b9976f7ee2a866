/** Continuous paths as linear SDEs: variance preserving, sub-variance preserving and exploding. */
import { requireKnownKeys } from "../../base/check.js";
import { numericKind, type PathKind } from "./path-kind.js";
import type { GaussianPath } from "./path.js";
import { warnOfTerminalSnr } from "./terminal-snr.js";
import { requireTime } from "./time.js";

/** A path that is also a linear SDE dx = f(t)·x dt + g(t) dw, whose marginals are those of the path. */
export interface SdePath extends GaussianPath {
  /** f(t) = d ln a/dt. @throws RangeError for t outside 0 … T */
  drift(t: number): number;
  /** g(t), with g² = d(b²)/dt − 2·f·b². @throws RangeError for t outside 0 … T */
  diffusion(t: number): number;
}

export interface VpPathOptions {
  /** β(0). Default 0.1. */
  readonly betaMin?: number;
  /** β(1). Default 20. */
  readonly betaMax?: number;
}

/**
 * Variance-preserving SDE on 0 … 1: β(t) = β_min + t·(β_max − β_min), a² = e^{−∫β}, b² = 1 − a².
 * The limit of the linear schedule (β·1000) for T → ∞.
 *
 * Source: Song et al. 2021 (score SDE), equations 11 and 32–33.
 */
export function vpPath(options: VpPathOptions = {}): SdePath {
  requireKnownKeys("vpPath", options, { betaMin: "a number", betaMax: "a number" });
  const { betaMin = 0.1, betaMax = 20 } = options;
  const { rate, integral, inverse } = linearRate(betaMin, betaMax);
  return sdePath({
    name: "vp",
    config: Object.freeze({ kind: "vp", betaMin, betaMax }),
    T: 1,
    discrete: false,
    signal: (t: number) => Math.exp(-integral(t) / 2),
    noise: (t: number) => Math.sqrt(-Math.expm1(-integral(t))),
    // σ² = e^{∫β} − 1
    timeAt: (level: number) => inverse(Math.log1p(checkedLevel("vp", level, Math.sqrt(Math.expm1(integral(1)))) ** 2)),
    drift: (t: number) => -rate(t) / 2,
    diffusion: (t: number) => Math.sqrt(rate(t)),
  });
}

/** {@link vpPath} in a file. */
export const vpKind = numericKind("vp", { betaMin: 0.1, betaMax: 20 }, vpPath);

/**
 * Sub-VP SDE on 0 … 1: a as in {@link vpPath}, b = 1 − a², g² = β·(1 − e^{−2∫β}).
 *
 * Source: Song et al. 2021 (score SDE), appendix B.
 */
export function subVpPath(options: VpPathOptions = {}): SdePath {
  requireKnownKeys("subVpPath", options, { betaMin: "a number", betaMax: "a number" });
  const { betaMin = 0.1, betaMax = 20 } = options;
  const { rate, integral, inverse } = linearRate(betaMin, betaMax);
  const level = (B: number): number => -Math.expm1(-B) * Math.exp(B / 2);
  return sdePath({
    name: "sub-vp",
    config: Object.freeze({ kind: "sub-vp", betaMin, betaMax }),
    T: 1,
    discrete: false,
    signal: (t: number) => Math.exp(-integral(t) / 2),
    noise: (t: number) => -Math.expm1(-integral(t)),
    // σ = (1 − e^{−B})·e^{B/2} = 2·sinh(B/2)
    timeAt: (sigma: number) => inverse(2 * Math.asinh(checkedLevel("sub-vp", sigma, level(integral(1))) / 2)),
    drift: (t: number) => -rate(t) / 2,
    diffusion: (t: number) => Math.sqrt(-rate(t) * Math.expm1(-2 * integral(t))),
  });
}

/** {@link subVpPath} in a file. */
export const subVpKind = numericKind("sub-vp", { betaMin: 0.1, betaMax: 20 }, subVpPath);

/**
 * Variance-exploding SDE on 0 … 1: a = 1, b² = σ_min²·((σ_max/σ_min)^{2t} − 1).
 *
 * Source: Song et al. 2021 (score SDE), equation 9 with σ(t) of appendix C; b counts from σ(0), so that t = 0 is clean.
 */
export function vePath(options: { readonly sigmaMin?: number; readonly sigmaMax?: number } = {}): SdePath {
  requireKnownKeys("vePath", options, { sigmaMin: "a number", sigmaMax: "a number" });
  const { sigmaMin = 0.01, sigmaMax = 50 } = options;
  if (!(sigmaMin > 0 && sigmaMin < sigmaMax)) {
    throw new RangeError(`need 0 < sigmaMin < sigmaMax, got ${sigmaMin} and ${sigmaMax}`);
  }
  const growth = Math.log(sigmaMax / sigmaMin);
  const noise = (t: number): number => sigmaMin * Math.sqrt(Math.expm1(2 * growth * t));
  return sdePath({
    name: "ve",
    config: Object.freeze({ kind: "ve", sigmaMin, sigmaMax }),
    T: 1,
    discrete: false,
    signal: () => 1,
    noise,
    timeAt: (level: number) =>
      Math.min(1, Math.log1p((checkedLevel("ve", level, noise(1)) / sigmaMin) ** 2) / (2 * growth)),
    drift: () => 0,
    // g² = d(b²)/dt = 2·ln(σ_max/σ_min)·σ_min²·(σ_max/σ_min)^{2t}
    diffusion: (t: number) => sigmaMin * Math.exp(growth * t) * Math.sqrt(2 * growth),
  });
}

/** {@link vePath} in a file. */
export const veKind = numericKind("ve", { sigmaMin: 0.01, sigmaMax: 50 }, vePath);

/** a = 1 and b = t: time is the noise level itself, 0 … σ_max. Source: Karras et al. 2022 (EDM), table 1, column "ours". */
export function edmPath(options: { readonly sigmaMax?: number } = {}): SdePath {
  requireKnownKeys("edmPath", options, { sigmaMax: "a number" });
  const { sigmaMax = 80 } = options;
  if (!(sigmaMax > 0)) throw new RangeError(`sigmaMax must be > 0, got ${sigmaMax}`);
  return sdePath({
    name: "edm",
    config: Object.freeze({ kind: "edm", sigmaMax }),
    T: sigmaMax,
    discrete: false,
    signal: () => 1,
    noise: (t: number) => t,
    timeAt: (level: number) => Math.min(sigmaMax, checkedLevel("edm", level, sigmaMax)),
    drift: () => 0,
    // g² = d(t²)/dt
    diffusion: (t: number) => Math.sqrt(2 * t),
  });
}

/** {@link edmPath} in a file. */
export const edmKind = numericKind("edm", { sigmaMax: 80 }, edmPath);

/**
 * The straight path x_t = (1 − t)·x_0 + t·ε on 0 … 1 of flow matching and rectified flow; t = 1 is pure noise.
 *
 * Source: Lipman et al. 2023, equation 20 and Liu et al. 2023, equation 1, with time turned round.
 */
export function flowPath(): GaussianPath {
  const path = { name: "flow", config: Object.freeze({ kind: "flow" }), T: 1, discrete: false };
  return Object.freeze({
    ...path,
    signal: within(path, (t) => 1 - t),
    noise: within(path, (t) => t),
    timeAt: (level: number) => (level === Infinity ? 1 : checkedLevel("flow", level, Infinity) / (1 + level)),
  });
}

/** {@link flowPath} in a file. */
export const flowKind: PathKind = { kind: "flow", parse: () => flowPath() };

/** f of the times 0 … T only. */
function within(path: { readonly name: string; readonly T: number }, f: (t: number) => number): (t: number) => number {
  return (t) => {
    requireTime(path, t);
    return f(t);
  };
}

/** The path on its times only, with a warning where it ends with signal left. */
function sdePath(path: SdePath): SdePath {
  const snr = (path.signal(path.T) / path.noise(path.T)) ** 2;
  warnOfTerminalSnr(`the path "${path.name}"`, snr, "Raise betaMax or sigmaMax.");
  return Object.freeze({
    ...path,
    signal: within(path, (t) => path.signal(t)),
    noise: within(path, (t) => path.noise(t)),
    drift: within(path, (t) => path.drift(t)),
    diffusion: within(path, (t) => path.diffusion(t)),
  });
}

interface LinearRate {
  rate(t: number): number;
  integral(t: number): number;
  inverse(B: number): number;
}

function linearRate(betaMin: number, betaMax: number): LinearRate {
  if (!(betaMin > 0 && betaMin <= betaMax))
    throw new RangeError(`need 0 < betaMin ≤ betaMax, got ${betaMin} and ${betaMax}`);
  const slope = betaMax - betaMin;
  return {
    rate: (t) => betaMin + slope * t,
    // B(t) = ∫_0^t β = β_min·t + (β_max − β_min)·t²/2
    integral: (t) => betaMin * t + (slope * t * t) / 2,
    // The positive root of slope/2·t² + β_min·t = B, in the form that does not cancel.
    inverse: (B) => Math.min(1, (2 * B) / (betaMin + Math.sqrt(betaMin ** 2 + 2 * slope * B))),
  };
}

function checkedLevel(name: string, level: number, highest: number): number {
  if (!(level >= 0 && level <= highest * (1 + 1e-9))) {
    throw new RangeError(`noise level ${level} is outside 0 … ${highest}, the levels of the path "${name}"`);
  }
  return level;
}
