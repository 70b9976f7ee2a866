/** Wasserstein distances, exact in one dimension and sliced in more. */
import { requireStream } from "../random/stream.js";
import { requireNumbers } from "../base/values.js";
import { requireKnownKeys } from "../base/check.js";
import type { RandomStream } from "../random/index.js";
import { type FeatureSet, requireComparable } from "./features.js";

export interface SlicedWassersteinOptions {
  /** How many directions. Default 128. */
  projections?: number;
  /** The order p ≥ 1 of the distance. Default 2. */
  order?: number;
}

function requireOrder(order: number): void {
  if (!(order >= 1) || !Number.isFinite(order)) {
    throw new RangeError(`the order of a Wasserstein distance must be a finite number ≥ 1, got ${order}`);
  }
}

/** W_p^p of two ascending samples: ∫₀¹ |F⁻¹(u) − G⁻¹(u)|^p du, exactly, whatever their sizes. */
function transportCost(a: Float64Array, b: Float64Array, order: number): number {
  let cost = 0;
  let done = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    // Compared as whole numbers, so that equal quantiles are equal.
    const endA = (i + 1) * b.length;
    const endB = (j + 1) * a.length;
    const end = Math.min(endA, endB);
    cost += (end - done) * Math.abs(a[i] - b[j]) ** order;
    done = end;
    if (endA === end) i += 1;
    if (endB === end) j += 1;
  }
  return cost / (a.length * b.length);
}

/**
 * The Wasserstein distance of order p between two samples of numbers, exactly; they may differ in size.
 *
 *   W_p = (∫₀¹ |F⁻¹(u) − G⁻¹(u)|^p du)^{1/p}
 *
 * @throws RangeError when a sample is empty or holds a value that is not finite, or p is not ≥ 1
 * @see Villani, "Topics in optimal transportation", 2003, theorem 2.18
 */
export function wassersteinDistance(a: ArrayLike<number>, b: ArrayLike<number>, order = 2): number {
  requireNumbers("a", a);
  requireNumbers("b", b);
  requireOrder(order);
  if (a.length === 0 || b.length === 0)
    throw new RangeError("a Wasserstein distance needs two samples that are not empty");
  const samples = [a, b].map((one) => Float64Array.from(one));
  for (const sample of samples) {
    const bad = sample.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0)
      throw new RangeError(
        `a sample holds ${sample[bad]} at place ${bad}: a Wasserstein distance needs finite numbers`,
      );
  }
  return transportCost(samples[0].sort(), samples[1].sort(), order) ** (1 / order);
}

/**
 * Unit vectors: in the plane evenly spaced over half a turn from a random start, else uniform on the
 * sphere.
 */
function* directions(dimension: number, count: number, stream: RandomStream): Generator<Float64Array> {
  const start = stream.uniform();
  for (let k = 0; k < count; k++) {
    if (dimension === 2) {
      const angle = (Math.PI * (k + start)) / count;
      yield Float64Array.of(Math.cos(angle), Math.sin(angle));
    } else {
      const direction = Float64Array.from({ length: dimension }, () => stream.normal());
      const length = Math.hypot(...direction);
      yield direction.map((value) => value / length);
    }
  }
}

function project(features: FeatureSet, direction: Float64Array): Float64Array {
  const { values, dimension, count } = features;
  const projected = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    let sum = 0;
    for (let k = 0; k < dimension; k++) sum += values[i * dimension + k] * direction[k];
    projected[i] = sum;
  }
  return projected.sort();
}

/**
 * The sliced Wasserstein distance: the p-mean, over directions θ, of the distance between the projections
 * on θ.
 *
 *   SW_p = (E_θ[W_p(θᵀX, θᵀY)^p])^{1/p}
 *
 * A shift of one set by δ gives SW₂ = |δ|/√d.
 *
 * @param stream chooses the directions: the same stream gives the same figure
 * @throws RangeError when the dimensions differ, a side is empty, or an option is out of range
 * @see Bonneel, Rabin, Peyré, Pfister, "Sliced and Radon Wasserstein barycenters of measures", 2015,
 *   definition 1
 */
export function slicedWasserstein(
  a: FeatureSet,
  b: FeatureSet,
  stream: RandomStream,
  options: SlicedWassersteinOptions = {},
): number {
  requireStream(stream);
  requireKnownKeys("slicedWasserstein", options, { projections: true, order: true });
  const { projections = 128, order = 2 } = options;
  requireComparable(a, b, 1);
  requireOrder(order);
  if (!Number.isSafeInteger(projections) || projections < 1) {
    throw new RangeError(`projections must be a whole number of at least 1, got ${projections}`);
  }
  let total = 0;
  for (const direction of directions(a.dimension, projections, stream)) {
    total += transportCost(project(a, direction), project(b, direction), order);
  }
  return (total / projections) ** (1 / order);
}
