/** Mixtures of small Gaussians in the plane, on a ring and on a grid, with their densities. */
import { requireKind } from "../base/kinds.js";
import { requireStream } from "../random/stream.js";
import { requireKnownKeys, requireKeys } from "../base/check.js";
import type { RandomStream } from "../random/index.js";
import { drawPoints } from "./draw-points.js";

/** A mixture of isotropic Gaussians in the plane. */
export interface GaussianModes {
  /** K×2: the means, row by row. */
  readonly means: Float32Array;
  /** The standard deviation of every one. */
  readonly std: number;
  /** The share of each, K numbers > 0 that sum to 1; absent if all are equal. */
  readonly weights?: readonly number[];
}

/** The modes of {@link ringOfGaussians}. */
export interface RingOptions {
  /** How many Gaussians, at least 3. Default 8. */
  modes?: number;
  /** Their standard deviation, 0 < std < 1. Default 0.1. */
  std?: number;
  /**
   * The share of the first mode, 0 < rare < 1; the others share the rest evenly. Default: all alike. A small one shows
   * which model forgets what is seldom.
   */
  rare?: number;
}

/** The modes of {@link gridOfGaussians}. */
export interface ModeGridOptions {
  /** Gaussians along a side, from 2 to 30. Default 5: 25 modes. */
  side?: number;
  /** Their standard deviation, 0 < std < 1. Default 0.05. */
  std?: number;
}

function requireStd(std: number): void {
  if (!(std > 0 && std < 1)) throw new RangeError(`std must be between 0 and 1, got ${std}`);
}

/**
 * Where the Gaussians of {@link ringOfGaussians} stand: angles 2πk/K on a circle of radius √(2(1 − std²)),
 * which gives each coordinate variance 1 exactly if all weigh alike.
 *
 * @throws RangeError when `modes` is no whole number from 3 to 1000, or `std` or `rare` is not in (0, 1)
 */
export function ringModes(options: RingOptions = {}): GaussianModes {
  requireKnownKeys("ringModes", options, { modes: true, std: true, rare: true });
  const { modes = 8, std = 0.1, rare } = options;
  if (!Number.isSafeInteger(modes) || modes < 3 || modes > 1000) {
    throw new RangeError(`modes must be a whole number from 3 to 1000, got ${modes}`);
  }
  requireStd(std);
  if (rare !== undefined && !(rare > 0 && rare < 1)) {
    throw new RangeError(`rare, the share of the first mode, must be between 0 and 1, got ${rare}`);
  }
  // Var[x] = r²/2 + std² = 1
  const radius = Math.sqrt(2 * (1 - std * std));
  const means = new Float32Array(2 * modes);
  for (let k = 0; k < modes; k++) {
    means[2 * k] = radius * Math.cos((2 * Math.PI * k) / modes);
    means[2 * k + 1] = radius * Math.sin((2 * Math.PI * k) / modes);
  }
  if (rare === undefined) return { means, std };
  return { means, std, weights: Array.from({ length: modes }, (_, k) => (k === 0 ? rare : (1 - rare) / (modes - 1))) };
}

/**
 * Where the Gaussians of {@link gridOfGaussians} stand: a square of side×side, so spaced that each coordinate has
 * variance 1: h²·(side² − 1)/12 + std² = 1.
 *
 * @throws RangeError when `side` is no whole number from 2 to 30 or `std` is not in (0, 1)
 */
export function gridModes(options: ModeGridOptions = {}): GaussianModes {
  requireKnownKeys("gridModes", options, { side: true, std: true });
  const { side = 5, std = 0.05 } = options;
  if (!Number.isSafeInteger(side) || side < 2 || side > 30) {
    throw new RangeError(`side must be a whole number from 2 to 30, got ${side}`);
  }
  requireStd(std);
  const spacing = Math.sqrt((12 * (1 - std * std)) / (side * side - 1));
  const means = new Float32Array(2 * side * side);
  for (let k = 0; k < side * side; k++) {
    means[2 * k] = spacing * ((k % side) - (side - 1) / 2);
    means[2 * k + 1] = spacing * (Math.floor(k / side) - (side - 1) / 2);
  }
  return { means, std };
}

/** Which mode a number u uniform in [0, 1) falls to. */
function modeAt(weights: readonly number[], u: number): number {
  let sum = 0;
  for (let k = 0; k < weights.length - 1; k++) {
    sum += weights[k];
    if (u < sum) return k;
  }
  return weights.length - 1;
}

/**
 * n points of a mixture as an n×2 array.
 *
 * @throws RangeError when n is no whole number ≥ 0
 */
export function drawModes(n: number, stream: RandomStream, mixture: GaussianModes): Float32Array {
  requireStream(stream);
  requireKnownKeys("drawModes", mixture, { means: "a list", std: "a number", weights: "a list" });
  requireKeys("drawModes", mixture, ["means", "std"]);
  const { means, std, weights } = mixture;
  return drawPoints(n, () => {
    const k = weights ? modeAt(weights, stream.uniform()) : stream.integer(0, means.length / 2);
    return [means[2 * k] + std * stream.normal(), means[2 * k + 1] + std * stream.normal()];
  });
}

/** The density of a mixture, exactly: p(x) = Σ_k w_k N(x; μ_k, std²I). */
export function modesDensity(x: number, y: number, mixture: GaussianModes): number {
  requireKind("y", y, "a number");
  requireKind("x", x, "a number");
  requireKnownKeys("modesDensity", mixture, { means: "a list", std: "a number", weights: "a list" });
  requireKeys("modesDensity", mixture, ["means", "std"]);
  const { means, std, weights } = mixture;
  const modes = means.length / 2;
  let sum = 0;
  for (let k = 0; k < modes; k++) {
    const squared = (x - means[2 * k]) ** 2 + (y - means[2 * k + 1]) ** 2;
    sum += (weights?.[k] ?? 1 / modes) * Math.exp(-squared / (2 * std * std));
  }
  return sum / (2 * Math.PI * std * std);
}

/**
 * Gaussians on a circle, n points as an n×2 array: mean 0, covariance the identity if they weigh alike.
 *
 * @throws RangeError when n is no whole number ≥ 0, or as {@link ringModes}
 */
export function ringOfGaussians(n: number, stream: RandomStream, options: RingOptions = {}): Float32Array {
  requireStream(stream);
  return drawModes(n, stream, ringModes(options));
}

/**
 * The density that {@link ringOfGaussians} draws from.
 *
 * @throws RangeError as {@link ringModes}
 */
export function ringOfGaussiansDensity(x: number, y: number, options: RingOptions = {}): number {
  requireKind("y", y, "a number");
  requireKind("x", x, "a number");
  return modesDensity(x, y, ringModes(options));
}

/**
 * Equal Gaussians on a square grid, n points as an n×2 array: mean 0, covariance the identity.
 *
 * @throws RangeError when n is no whole number ≥ 0, or as {@link gridModes}
 */
export function gridOfGaussians(n: number, stream: RandomStream, options: ModeGridOptions = {}): Float32Array {
  requireStream(stream);
  requireKnownKeys("gridOfGaussians", options, { side: true, std: true });
  return drawModes(n, stream, gridModes(options));
}

/**
 * The density that {@link gridOfGaussians} draws from.
 *
 * @throws RangeError as {@link gridModes}
 */
export function gridOfGaussiansDensity(x: number, y: number, options: ModeGridOptions = {}): number {
  requireKind("y", y, "a number");
  requireKind("x", x, "a number");
  requireKnownKeys("gridOfGaussiansDensity", options, { side: true, std: true });
  return modesDensity(x, y, gridModes(options));
}
