/** Exact likelihoods by the probability-flow ODE. */
import { requireKnownKeys } from "../base/check.js";
import { locating } from "../runtime/finite.js";
import * as tf from "../runtime/tf.js";
import { requireSameShape } from "../runtime/tensor.js";
import { estimate, type Denoiser, type EstimateOptions, requireDenoiser } from "../diffusion/denoiser.js";
import { noiseLevel, type GaussianPath, requireGaussianPath } from "../diffusion/paths/path.js";
import { adaptiveOptions, dormandPrince, type AdaptiveOptions } from "../numeric/dormand-prince.js";
import { requireStart } from "./stepping/march.js";
import { highestTime, lowestTime, priorDeviation as priorDeviationAt } from "./stepping/time-range.js";

export interface LikelihoodOptions extends AdaptiveOptions, Pick<EstimateOptions, "condition"> {
  /** Where data is taken to be, t > 0. Default: the first trained time (1; on a continuous path T/1000, or where a = 1 that of σ(T)/40000). */
  readonly from?: number;
  /**
   * How ∂ε̂_i/∂x_i is summed: `"exact"` takes one gradient per dimension; a list of probes v (±1 or normal, shape of x)
   * averages Hutchinson's vᵀ(∂ε̂/∂x)v. Default "exact".
   */
  readonly trace?: "exact" | readonly tf.Tensor[];
  /** The prior's standard deviation in x_T. Default b(T), and √(a² + b²) = 1 on variance-preserving paths. */
  readonly priorDeviation?: number;
}

/** The result of {@link logLikelihood}: tensors owned by the caller. */
export interface Likelihood {
  /** ln p(x) of the density, in nats, [N]: `bitsPerDimension` makes bits/dim of images of it, `densityBits` bits of points. */
  readonly logLikelihood: tf.Tensor1D;
  /** The code x_T of x, same shape as x. */
  readonly latent: tf.Tensor;
}

/**
 * The exact likelihood of the probability-flow model: ln p(x̃) = ln p(x̃_T) + ∫ tr(∂ε̂/∂x̃)·σ d ln σ along dx̃/d ln σ = σ·ε̂.
 * The denoiser must be differentiable in x_t by tfjs.
 *
 * Source: Song et al. 2021 (score SDE), equation 39 and section 4.3 (instantaneous change of variables, Chen et al. 2018).
 * @param x data, [N, …], taken as x_t at t = `from`
 * @throws RangeError for `from` outside the path's times, or probes of another shape; TypeError for a trace that is
 * neither "exact" nor a list
 */
export function logLikelihood(
  denoiser: Denoiser,
  path: GaussianPath,
  x: tf.Tensor,
  options: LikelihoodOptions = {},
): Likelihood {
  requireDenoiser(denoiser);
  requireGaussianPath(path);
  requireKnownKeys("logLikelihood", options, {
    from: true,
    trace: true,
    priorDeviation: "a number",
    relativeTolerance: "a number",
    absoluteTolerance: "a number",
    firstStep: "a number",
    maxStep: "a number",
    maxSteps: "a number",
    condition: "an object",
  });
  requireStart("x", x);
  const { from = lowestTime(path), trace = "exact" } = options;
  const to = highestTime(path);
  const [count, size] = [x.shape[0], x.size / x.shape[0]];
  const { priorDeviation = priorDeviationAt(path, to) } = options;
  if (!(priorDeviation > 0)) throw new RangeError(`priorDeviation must be > 0, got ${priorDeviation}`);
  if (!(from > 0 && from < to))
    throw new RangeError(`from must lie between 0 and ${to}, the times of "${path.name}", got ${from}`);
  requireTrace(trace, x);
  const derivative = (y: tf.Tensor, s: number): tf.Tensor => {
    const sigma = Math.exp(s);
    const t = path.timeAt(sigma);
    const slope = (state: tf.Tensor): tf.Tensor =>
      estimate(denoiser, path, tf.mul(tf.reshape(state, x.shape), path.signal(t)), t, options).noise;
    const { value, divergence } = slopeAndTrace(slope, tf.slice(y, [0, 0], [-1, size]), x.shape, trace);
    return tf.mul(tf.concat([tf.reshape(value, [count, size]), tf.reshape(divergence, [count, 1])], 1), sigma);
  };
  const start = tf.tidy(() =>
    tf.concat([tf.reshape(tf.div(x, path.signal(from)), [count, size]), tf.zeros([count, 1])], 1),
  );
  const solver = dormandPrince(
    derivative,
    start,
    Math.log(noiseLevel(path, from)),
    Math.log(noiseLevel(path, to)),
    adaptiveOptions(options),
  );
  let result: ReturnType<typeof solver.next>;
  try {
    do result = locating("logLikelihood", () => solver.next());
    while (!result.done);
  } finally {
    start.dispose();
  }
  const end = result.value;
  return tf.tidy(() => {
    const state = tf.mul(tf.slice(end, [0, 0], [-1, size]), path.signal(to));
    const gained = tf.reshape(tf.slice(end, [0, size], [-1, 1]), [count]);
    end.dispose();
    const squares = tf.sum(tf.square(tf.div(state, priorDeviation)), 1);
    // ln p(x_T) = −‖x_T‖²/(2s²) − d/2·ln(2πs²)
    const prior = tf.sub(tf.mul(squares, -0.5), (size / 2) * Math.log(2 * Math.PI * priorDeviation ** 2));
    // d ln a: the change of volume between x and x̃ = x/a at both ends
    const volume = size * (Math.log(path.signal(to)) - Math.log(path.signal(from)));
    return {
      logLikelihood: tf.add(tf.add(prior, gained), volume) as tf.Tensor1D,
      latent: tf.reshape(state, x.shape),
    };
  }) as unknown as Likelihood;
}

function requireTrace(trace: "exact" | readonly tf.Tensor[], x: tf.Tensor): void {
  if (trace === "exact") return;
  if (!Array.isArray(trace)) {
    throw new TypeError(
      `trace must be "exact" or a list of probes of x's shape, for Hutchinson's estimate, got ${JSON.stringify(trace)}`,
    );
  }
  if (trace.length === 0) throw new RangeError('trace needs at least one probe, or "exact": the list is empty');
  trace.forEach((probe: tf.Tensor, i) => requireSameShape(`probe ${i}`, probe, "x", x));
}

function slopeAndTrace(
  slope: (state: tf.Tensor) => tf.Tensor,
  state: tf.Tensor,
  shape: readonly number[],
  trace: "exact" | readonly tf.Tensor[],
): { value: tf.Tensor; divergence: tf.Tensor } {
  const [count, size] = state.shape;
  const gradient = tf.grads((y: tf.Tensor, v: tf.Tensor) => tf.sum(tf.mul(slope(y), tf.reshape(v, [...shape]))));
  // vᵀ·(∂ε̂/∂x̃)·v per example; the gradient by v is ε̂ itself.
  const probe = (v: tf.Tensor): { value: tf.Tensor; along: tf.Tensor } => {
    const [byState, byProbe] = gradient([state, v]);
    return { value: byProbe, along: tf.sum(tf.mul(byState, v), 1) };
  };
  if (trace === "exact") {
    const columns = Array.from({ length: size }, (_, i) => {
      const unit = Float32Array.from({ length: size }, (_unused, j) => (i === j ? 1 : 0));
      return probe(tf.tile(tf.tensor2d(unit, [1, size]), [count, 1]));
    });
    return {
      value: columns[0].value,
      divergence: columns.map(({ along }) => along).reduce((sum, one) => tf.add(sum, one)),
    };
  }
  const probes = trace.map((v) => probe(tf.reshape(v, [count, size])));
  const total = probes.map(({ along }) => along).reduce((sum, one) => tf.add(sum, one));
  return { value: probes[0].value, divergence: tf.div(total, probes.length) };
}
