import * as tf from "../../runtime/tf.js";
import { compile, type NamedTensors } from "../../compile/index.js";
import {
  networkTime,
  splitLearnedVariance,
  type Condition,
  type Denoiser,
  type GaussianPath,
  type LearnedVarianceDenoiser,
  type Prediction,
} from "../../diffusion/index.js";
import { requireLabels, type TrainingInputs } from "../../networks/index.js";
import type { Parameters } from "../../nn/index.js";

/** A network of noisy data and time: `UNet2D`, `UNet2DCondition`, `DiT`, `UVit`, `PointMlp`, or one of your own. */
export interface TimeNetwork {
  readonly parameters: Parameters;
  /** How many labels it can tell apart, if it says so: others are refused. */
  readonly labels?: number | null;
  /**
   * @param x [N, …]
   * @param timestep [N], the network's own time
   * @param condition what each example is conditioned on, such as `{ label }` (int32 [N]) or `{ context }` ([N, words,
   *   channels])
   * @param training masks of dropout, given while training only
   */
  apply(x: tf.Tensor, timestep: tf.Tensor1D, condition?: Condition, training?: TrainingInputs): tf.Tensor;
}

/** What a network is fed for the theory's times, as tensors [N]. */
export type NetworkClock = (t: tf.Tensor1D) => tf.Tensor1D;

/**
 * The clock of a path: t − 1 = 0 … T − 1 on a discrete schedule, as DDPM's and diffusers' weights expect it; 1000·t/T on
 * a continuous path, the range that encodings of time resolve well.
 */
export function clockOf(path: GaussianPath): NetworkClock {
  return path.discrete ? networkTime : (t) => tf.mul(t, 1000 / path.T) as tf.Tensor1D;
}

/** A denoiser that holds a graph for each shape it has met. */
export interface NetworkDenoiser extends Denoiser {
  /** Frees the graphs; the network stays. */
  dispose(): void;
}

export interface NetworkDenoiserOptions {
  /** The clock the network was trained with, default {@link networkTime}; `clockOf(path)` for a continuous path. */
  readonly clock?: NetworkClock;
}

/**
 * A network as samplers see it; a condition has the names the network knows, `{ label }` and `{ context }`. Each
 * evaluation runs as one recorded graph, made at the first call with new shapes (one to two seconds for a small U-Net).
 *
 * @example
 * const guidedDenoiser = guided(networkDenoiser(unet), { guidanceScale: 3, unconditional: { label: none } });
 * const images = await sample(ddim(guidedDenoiser, schedule, xT, { steps: 50, condition: { label } }));
 */
export function networkDenoiser(
  network: TimeNetwork,
  predicts: Prediction = "noise",
  options: NetworkDenoiserOptions = {},
): NetworkDenoiser {
  const evaluate = evaluation(network, options, (output) => ({ output }));
  return {
    ...clockTold(options),
    predicts,
    predict: (xt, t, condition) => evaluate({ xt, t, ...condition }).output,
    dispose: () => evaluate.dispose(),
  };
}

/**
 * {@link networkDenoiser} for a network trained with learned variance, whose output has twice the channels of x_t; see
 * `hybridObjective` and `splitLearnedVariance`.
 */
export function learnedVarianceDenoiser(
  network: TimeNetwork,
  predicts: Prediction = "noise",
  options: NetworkDenoiserOptions = {},
): NetworkDenoiser & LearnedVarianceDenoiser {
  const evaluate = evaluation(network, options, (output) => splitLearnedVariance(output));
  return {
    ...clockTold(options),
    predicts,
    predict: (xt, t, condition) => {
      const { output, fraction } = evaluate({ xt, t, ...condition });
      fraction.dispose();
      return output;
    },
    predictWithVariance: (xt, t, condition) => evaluate({ xt, t, ...condition }),
    dispose: () => evaluate.dispose(),
  };
}

function clockTold({ clock }: NetworkDenoiserOptions): Pick<Denoiser, "clock"> {
  return clock === undefined ? { clock: "discrete" } : {};
}

/** The network's output for x_t, theory's time and condition, read by `read`, as one graph. */
function evaluation<O extends NamedTensors>(
  network: TimeNetwork,
  { clock = networkTime }: NetworkDenoiserOptions,
  read: (output: tf.Tensor) => O,
): ((inputs: NamedTensors) => O) & { dispose(): void } {
  const evaluate = compile(
    ({ xt, t, ...condition }: NamedTensors) => read(network.apply(xt, clock(t as tf.Tensor1D), condition)),
    { name: "denoiser", captures: network.parameters.tensors },
  );
  const checked = (inputs: NamedTensors): O => {
    // Within the graph there are no values to look at.
    const { label } = inputs as { label?: tf.Tensor };
    if (label && network.labels) requireLabels("network", network.labels, label);
    return evaluate(inputs);
  };
  return Object.assign(checked, { dispose: () => evaluate.dispose() });
}
