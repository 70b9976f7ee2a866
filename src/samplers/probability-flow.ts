/** The probability-flow ODE by an adaptive solver. */
import { requireKnownKeys, type OptionRule } from "../base/check.js";
import { locating } from "../runtime/finite.js";
import * as tf from "../runtime/tf.js";
import { estimate, type Denoiser, type EstimateOptions, requireDenoiser } from "../diffusion/denoiser.js";
import { noiseLevel, type GaussianPath, requireGaussianPath } from "../diffusion/paths/path.js";
import { adaptiveOptions, dormandPrince, type AdaptiveOptions, type Derivative } from "../numeric/dormand-prince.js";
import { samplerEntries } from "./stepping/entry.js";
import { requireStart } from "./stepping/march.js";
import type { SamplerStep } from "./stepping/sampler.js";
import { highestTime, lowestTime } from "./stepping/time-range.js";

export interface ProbabilityFlowOptions extends AdaptiveOptions, EstimateOptions {
  /** Where the flow starts. Default T (on the flow path, whose σ(T) is infinite: a little below). */
  readonly from?: number;
  /** Where it ends. Default: the first trained time (1; on a continuous path T/1000, or where a = 1 that of σ(T)/40000); then one step to x̂_0. */
  readonly to?: number;
  /** Ends with x̂_0 of the last state. Default true when sampling towards data. */
  readonly denoise?: boolean;
}

const KNOWN: { readonly [Name in keyof ProbabilityFlowOptions | "noise"]-?: OptionRule } = {
  from: true,
  to: true,
  denoise: "true or false",
  relativeTolerance: "a number",
  absoluteTolerance: "a number",
  firstStep: "a number",
  maxStep: "a number",
  maxSteps: "a number",
  condition: "an object",
  clip: "a function",
  clipKeepsNoise: "true or false",
  // Whoever runs samplers by their names gives noise to all of them.
  noise: true,
};

/**
 * The probability-flow ODE with an adaptive solver, in s = ln σ: dx̃/ds = σ·ε̂(x̃, σ). Its steps are as large as the
 * tolerances allow. With `from` < `to` it runs the other way and encodes data as noise.
 *
 * A step is as large as the worst example of the batch allows: a sample depends on its batch, within the tolerances.
 *
 * Source: Song et al. 2021 (score SDE), equation 13; Karras et al. 2022 (EDM), equation 1.
 * How many steps it will take is not known beforehand: `steps` is Infinity in each step.
 * @param start x at time `from`, [N, …]: at T z ~ N(0, I), times `path.noise(path.T)` where the variance explodes (VE, EDM)
 */
export function* probabilityFlow(
  denoiser: Denoiser,
  path: GaussianPath,
  start: tf.Tensor,
  options: ProbabilityFlowOptions = {},
): Generator<SamplerStep, tf.Tensor> {
  requireDenoiser(denoiser);
  requireGaussianPath(path);
  requireKnownKeys<object>("probabilityFlow", options, KNOWN);
  const { from = highestTime(path), to = lowestTime(path) } = options;
  const { denoise = to < from } = options;
  const [begin, end] = [Math.log(noiseLevel(path, from)), Math.log(noiseLevel(path, to))];
  if (!Number.isFinite(begin) || !Number.isFinite(end)) {
    throw new RangeError(`the flow runs between finite noise levels > 0, got t = ${from} and t = ${to}`);
  }
  if (from === to) throw new RangeError(`the flow needs two different times, got ${from} twice`);
  requireStart("start", start);
  const scaled = tf.div(start, path.signal(from));
  const solver = dormandPrince(flowInLogSigma(denoiser, path, options), scaled, begin, end, adaptiveOptions(options));
  try {
    let taken = 0;
    const place = (step: number): string => `probability-flow, step ${step}`;
    const advance = () => locating(place(++taken), () => solver.next());
    let result = advance();
    for (; !result.done; result = advance()) {
      const { s, step, y } = result.value;
      const t = path.timeAt(Math.exp(s));
      const shown = (): tf.Tensor[] => {
        const state = tf.mul(y, path.signal(t));
        return [state, estimate(denoiser, path, state, t, options).x0];
      };
      const [xt, x0] = locating(place(step), () => tf.tidy(shown)).map((tensor) => tf.keep(tensor));
      try {
        yield { step, steps: Infinity, t, xt, x0 };
      } finally {
        xt.dispose();
        x0.dispose();
      }
    }
    const state = result.value;
    return locating("probability-flow, the last estimate", () => finish(denoiser, path, state, to, denoise, options));
  } finally {
    solver.return(undefined as never);
    scaled.dispose();
  }
}

export default samplerEntries({
  name: "probability-flow",
  title: "Probability-flow ODE, adaptive",
  order: 5,
  evaluations: () => Infinity,
  choosesSteps: true,
  run: probabilityFlow,
});

/** dx̃/d ln σ = σ·ε̂(x̃, σ), at time σ ↦ t of the path. */
function flowInLogSigma(denoiser: Denoiser, path: GaussianPath, options: EstimateOptions = {}): Derivative {
  return (state, s) => {
    const sigma = Math.exp(s);
    const t = path.timeAt(sigma);
    return tf.mul(estimate(denoiser, path, tf.mul(state, path.signal(t)), t, options).noise, sigma);
  };
}

function finish(
  denoiser: Denoiser,
  path: GaussianPath,
  state: tf.Tensor,
  t: number,
  denoise: boolean,
  options: EstimateOptions,
): tf.Tensor {
  try {
    return tf.tidy(() => {
      const xt = tf.mul(state, path.signal(t));
      return denoise ? estimate(denoiser, path, xt, t, options).x0 : xt;
    });
  } finally {
    state.dispose();
  }
}
