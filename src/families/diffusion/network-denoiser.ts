/** A network as samplers see it: a denoiser made for the path that the network was trained on. */
import { described, requireKnownKeys } from "../../base/check.js";
import { requireGaussianPath } from "../../diffusion/paths/path.js";
import * as tf from "../../runtime/tf.js";
import { evaluated } from "../../onnx/engine.js";
import type { EngineName } from "../../onnx/index.js";
import {
  networkTime,
  splitLearnedVariance,
  type Denoiser,
  type GaussianPath,
  type LearnedVarianceDenoiser,
  type Prediction,
} from "../../diffusion/index.js";
import {
  requireCondition,
  type Condition,
  type ConditionPlan,
  type Parameters,
  type ParameterView,
  type TrainingInputs,
} from "../../nn/index.js";

/** What can be trained on noisy data and time: a {@link TimeNetwork}, or several networks joined to one. */
export interface TrainedTimeNetwork {
  readonly parameters: ParameterView;
  /** What it needs as its condition; left out, the network alone knows, and nothing is checked before it runs. */
  readonly conditions?: ConditionPlan;
  /**
   * @param x [N, …]
   * @param timestep [N], the network's own time
   * @param condition what each example is conditioned on, such as `{ label }` (int32 [N]) or `{ context }` ([N, words,
   *   channels])
   * @param training masks of dropout, given while training only
   */
  apply(x: tf.Tensor, timestep: tf.Tensor1D, condition?: Condition, training?: TrainingInputs): tf.Tensor;
}

/** A network of noisy data and time: `UNet2D`, `UNet2DCondition`, `DiT`, `UVit`, `PointMlp`, or one of your own. */
export interface TimeNetwork extends TrainedTimeNetwork {
  readonly parameters: Parameters;
}

/** @throws TypeError for what is no network of noisy data and time */
export function requireTimeNetwork(value: unknown): asserts value is TrainedTimeNetwork {
  const { parameters, apply, predict } = (value ?? {}) as Partial<TimeNetwork> & { readonly predict?: unknown };
  if (typeof apply === "function" && parameters !== undefined) return;
  const denoiser = typeof predict === "function" ? ": this is a denoiser already" : "";
  throw new TypeError(
    `a network of noisy data and time is needed, such as a UNet2D, with parameters and apply, got ${described(value)}${denoiser}`,
  );
}

/** What a network is fed for the theory's times, as tensors [N]. */
export type NetworkClock = (t: tf.Tensor1D) => tf.Tensor1D;

/**
 * The clock of a path: t − 1 = 0 … T − 1 on a discrete schedule, as DDPM's and diffusers' weights expect it; 1000·t/T on
 * a continuous path, the range that encodings of time resolve well.
 */
export function clockOf(path: GaussianPath): NetworkClock {
  requireGaussianPath(path);
  return path.discrete ? networkTime : (t) => tf.mul(t, 1000 / path.T) as tf.Tensor1D;
}

/** A denoiser that holds a graph for each shape it has met. */
export interface NetworkDenoiser extends Denoiser {
  /** Frees the graphs; the network stays. */
  dispose(): void;
}

export interface NetworkDenoiserOptions {
  /** What the network learned to output, default "noise". */
  readonly predicts?: Prediction;
  /** The clock it was trained with, where that is not {@link clockOf} the path. */
  readonly clock?: NetworkClock;
  /** What evaluates the network, default "graph": see {@link EngineName}. */
  readonly engine?: EngineName;
}

/**
 * A trained network as samplers see it. A condition has the names the network knows, `{ label }` and `{ context }` for
 * instance. Each evaluation runs as one recorded graph, made at the first call with new shapes (one to two seconds for a
 * small U-Net).
 *
 * @param path what the network was trained on
 * @throws RangeError when it is asked with a condition that does not fit the network
 * @throws OnnxError at the first evaluation with engine "onnxruntime" where that is not installed
 *
 * @example
 * const denoiser = guided(networkDenoiser(unet, schedule), { guidanceScale: 3, unconditional: { label: none } });
 * const images = await sample(ddim(denoiser, schedule, xT, { steps: 50, condition: { label } }));
 */
export function networkDenoiser(
  network: TimeNetwork,
  path: GaussianPath,
  options: NetworkDenoiserOptions = {},
): NetworkDenoiser {
  requireKnownKeys("networkDenoiser", options, {
    predicts: ["noise", "sample", "velocity", "score", "flow"],
    clock: "a function",
    engine: true,
  });
  const evaluate = evaluation(network, options.clock ?? clockOf(path), (output) => ({ output }), options.engine);
  return {
    path,
    predicts: options.predicts ?? "noise",
    predict: (xt, t, condition) => evaluate(xt, t, condition).output,
    dispose: () => evaluate.dispose(),
  };
}

/**
 * {@link networkDenoiser} for a network trained with learned variance, whose output has twice the channels of x_t; see
 * `hybridObjective` and `splitLearnedVariance`.
 */
export function learnedVarianceDenoiser(
  network: TimeNetwork,
  path: GaussianPath,
  options: NetworkDenoiserOptions = {},
): NetworkDenoiser & LearnedVarianceDenoiser {
  requireKnownKeys("learnedVarianceDenoiser", options, {
    predicts: ["noise", "sample", "velocity", "score", "flow"],
    clock: "a function",
    engine: true,
  });
  const read = (output: tf.Tensor): { output: tf.Tensor; fraction: tf.Tensor } => splitLearnedVariance(output);
  const evaluate = evaluation(network, options.clock ?? clockOf(path), read, options.engine);
  return {
    path,
    predicts: options.predicts ?? "noise",
    predict: (xt, t, condition) => {
      const { output, fraction } = evaluate(xt, t, condition);
      fraction.dispose();
      return output;
    },
    predictWithVariance: (xt, t, condition) => evaluate(xt, t, condition),
    dispose: () => evaluate.dispose(),
  };
}

/** A network's evaluation as one graph a shape. */
export interface Evaluation<O extends Readonly<Record<string, tf.Tensor>>> {
  (x: tf.Tensor, time: tf.Tensor1D, condition?: Condition): O;
  dispose(): void;
}

/** The network's output for x, time (told by `clock`) and condition, read by `read`, as one graph of an engine. */
export function evaluation<O extends Readonly<Record<string, tf.Tensor>>>(
  network: TimeNetwork,
  clock: NetworkClock,
  read: (output: tf.Tensor) => O,
  engine: EngineName = "graph",
): Evaluation<O> {
  requireTimeNetwork(network);
  const graph = evaluated(
    ({ x, time, condition }: { x: tf.Tensor; time: tf.Tensor1D; condition: Condition }) =>
      read(network.apply(x, clock(time), condition)),
    { name: "denoiser", parameters: network.parameters, engine },
  );
  const evaluate = (x: tf.Tensor, time: tf.Tensor1D, condition: Condition = {}): O => {
    // Here, since within a graph labels have no values to look at.
    if (network.conditions) requireCondition("network", network.conditions, x.shape[0], condition);
    return graph({ x, time, condition });
  };
  return Object.assign(evaluate, { dispose: () => graph.dispose() });
}
