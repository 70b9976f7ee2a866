/** Distributions of points in the plane, with their densities. */
import { requireKind } from "../base/kinds.js";
import { requireStream } from "../random/stream.js";
import { requireKnownKeys } from "../base/check.js";
import type { RandomStream } from "../random/index.js";
import { drawPoints } from "./draw-points.js";

// Every set is centred on 0 and scaled so that its mean variance over the two coordinates is 1 (before the
// noise, where it has one): a diffusion model's x₀ should have about unit variance.

/** How blurred a curve is. */
export interface CurveOptions {
  /** Standard deviation of the normal noise added to both coordinates, ≥ 0. */
  noise?: number;
}

/** The board of {@link checkerboard}. */
export interface CheckerboardOptions {
  /** Fields along a side, an even number. Default 4. */
  fields?: number;
}

/** Half the side of the checkerboard: a uniform coordinate on [−√3, √3] has variance 1. */
const BOARD = Math.sqrt(3);

function requireNumber(what: string, value: number, low: number, high: number): void {
  if (!(value >= low && value <= high)) {
    throw new RangeError(`${what} must be a number from ${low} to ${high}, got ${value}`);
  }
}

/** A density on the plane that lies on curves: u uniform in [0, 1) on a branch chosen evenly. */
interface Curve {
  readonly branches: number;
  at(branch: number, u: number): readonly [number, number];
}

/** The two moons' mean is (½, ¼); their variances are ¾ and 9/16 − 1/π. */
const MOONS_SCALE = Math.sqrt((0.75 + 9 / 16 - 1 / Math.PI) / 2);

const MOONS: Curve = {
  branches: 2,
  at(branch, u) {
    const angle = Math.PI * u;
    const x = branch === 0 ? Math.cos(angle) : 1 - Math.cos(angle);
    const y = branch === 0 ? Math.sin(angle) : 0.5 - Math.sin(angle);
    return [(x - 0.5) / MOONS_SCALE, (y - 0.25) / MOONS_SCALE];
  },
};

/** With t uniform on [3π/2, 9π/2]: E[t cos t] = 2, E[t sin t] = 2/(3π), E[t²] = 9.75π². */
const ROLL_MEAN_X = 2;
const ROLL_MEAN_Y = 2 / (3 * Math.PI);
const ROLL_SCALE = Math.sqrt((9.75 * Math.PI ** 2 - ROLL_MEAN_X ** 2 - ROLL_MEAN_Y ** 2) / 2);

const ROLL: Curve = {
  branches: 1,
  at(_branch, u) {
    const t = 1.5 * Math.PI * (1 + 2 * u);
    return [(t * Math.cos(t) - ROLL_MEAN_X) / ROLL_SCALE, (t * Math.sin(t) - ROLL_MEAN_Y) / ROLL_SCALE];
  },
};

function sampleCurve(curve: Curve, n: number, stream: RandomStream, noise: number): Float32Array {
  requireNumber("noise", noise, 0, 10);
  return drawPoints(n, () => {
    const branch = curve.branches === 1 ? 0 : stream.integer(0, curve.branches);
    const [x, y] = curve.at(branch, stream.uniform());
    return [x + noise * stream.normal(), y + noise * stream.normal()];
  });
}

/** Nodes on a branch: closer together than the least noise, so that the sum is as good as the integral. */
const NODES = 2000;

const nodesOf = new Map<Curve, Float64Array>();

function curveNodes(curve: Curve): Float64Array {
  const known = nodesOf.get(curve);
  if (known) return known;
  const nodes = new Float64Array(2 * NODES * curve.branches);
  for (let i = 0; i < NODES * curve.branches; i++) {
    nodes.set(curve.at(Math.floor(i / NODES), ((i % NODES) + 0.5) / NODES), 2 * i);
  }
  nodesOf.set(curve, nodes);
  return nodes;
}

function curveDensity(curve: Curve, x: number, y: number, noise: number): number {
  requireNumber("noise of a density", noise, 0.01, 10);
  const nodes = curveNodes(curve);
  const scale = -1 / (2 * noise * noise);
  let sum = 0;
  for (let i = 0; i < nodes.length; i += 2) {
    sum += Math.exp(scale * ((x - nodes[i]) ** 2 + (y - nodes[i + 1]) ** 2));
  }
  return sum / ((nodes.length / 2) * 2 * Math.PI * noise * noise);
}

/**
 * Two interleaved half circles, n points as an n×2 array.
 *
 * Mean 0, mean variance 1 + noise²; without noise x is in [−2.13, 2.13] and y in [−1.06, 1.06].
 *
 * @param options noise: default 0.05
 * @throws RangeError when n is no whole number ≥ 0 or the noise is not in [0, 10]
 */
export function moons(n: number, stream: RandomStream, options: CurveOptions = {}): Float32Array {
  requireStream(stream);
  requireKnownKeys("moons", options, { noise: "a number" });
  const { noise = 0.05 } = options;
  return sampleCurve(MOONS, n, stream, noise);
}

/**
 * The density that {@link moons} draws from: p(x) = E_u[N(x; c(u), noise²I)], the midpoint rule on 2000
 * nodes a moon.
 *
 * @throws RangeError when the noise is not in [0.01, 10]
 */
export function moonsDensity(x: number, y: number, options: CurveOptions = {}): number {
  requireKind("y", y, "a number");
  requireKind("x", x, "a number");
  requireKnownKeys("moonsDensity", options, { noise: "a number" });
  const { noise = 0.05 } = options;
  return curveDensity(MOONS, x, y, noise);
}

/**
 * A spiral of one and a half turns, n points as an n×2 array: (t cos t, t sin t) with t uniform on [3π/2,
 * 9π/2], so the inner turn is denser.
 *
 * Mean 0, mean variance 1 + noise²; without noise x is in [−1.69, 1.57] and y in [−1.66, 2.06].
 *
 * @param options noise: default 0.05
 * @throws RangeError when n is no whole number ≥ 0 or the noise is not in [0, 10]
 */
export function swissRoll(n: number, stream: RandomStream, options: CurveOptions = {}): Float32Array {
  requireStream(stream);
  requireKnownKeys("swissRoll", options, { noise: "a number" });
  const { noise = 0.05 } = options;
  return sampleCurve(ROLL, n, stream, noise);
}

/**
 * The density that {@link swissRoll} draws from: p(x) = E_t[N(x; c(t), noise²I)], the midpoint rule on 2000
 * nodes.
 *
 * @throws RangeError when the noise is not in [0.01, 10]
 */
export function swissRollDensity(x: number, y: number, options: CurveOptions = {}): number {
  requireKind("y", y, "a number");
  requireKind("x", x, "a number");
  requireKnownKeys("swissRollDensity", options, { noise: "a number" });
  const { noise = 0.05 } = options;
  return curveDensity(ROLL, x, y, noise);
}

function requireFields(fields: number): void {
  if (!Number.isSafeInteger(fields) || fields < 2 || fields % 2 !== 0 || fields > 1000) {
    throw new RangeError(`fields must be an even whole number from 2 to 1000, got ${fields}`);
  }
}

/**
 * The dark fields of a checkerboard on [−√3, √3]², n points as an n×2 array: mean 0; both coordinates are
 * uniform with variance 1. The field at the lower left is dark.
 *
 * @throws RangeError when n is no whole number ≥ 0 or `fields` is no even number from 2 to 1000
 */
export function checkerboard(n: number, stream: RandomStream, options: CheckerboardOptions = {}): Float32Array {
  requireStream(stream);
  requireKnownKeys("checkerboard", options, { fields: true });
  const { fields = 4 } = options;
  requireFields(fields);
  const side = (2 * BOARD) / fields;
  return drawPoints(n, () => {
    const column = stream.integer(0, fields);
    const row = 2 * stream.integer(0, fields / 2) + (column % 2);
    return [-BOARD + side * (column + stream.uniform()), -BOARD + side * (row + stream.uniform())];
  });
}

/**
 * The density that {@link checkerboard} draws from, exactly: 1/6 on the dark fields, 0 elsewhere.
 *
 * @throws RangeError when `fields` is no even number from 2 to 1000
 */
export function checkerboardDensity(x: number, y: number, options: CheckerboardOptions = {}): number {
  requireKind("y", y, "a number");
  requireKind("x", x, "a number");
  requireKnownKeys("checkerboardDensity", options, { fields: true });
  const { fields = 4 } = options;
  requireFields(fields);
  const column = Math.floor(((x + BOARD) / (2 * BOARD)) * fields);
  const row = Math.floor(((y + BOARD) / (2 * BOARD)) * fields);
  const inside = column >= 0 && column < fields && row >= 0 && row < fields;
  // half of the area (2√3)² = 12 is dark
  return inside && (column + row) % 2 === 0 ? 2 / (2 * BOARD) ** 2 : 0;
}
