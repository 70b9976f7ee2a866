/** Training of a diffusion model: what a batch is, and its loss. */
import { requireKnownKeys } from "../../base/check.js";
import { requireShape, sizeOf } from "../../base/shape.js";
import * as tf from "../../runtime/tf.js";
import { requireGaussianPath } from "../../diffusion/paths/path.js";
import {
  coefficients,
  noised,
  uniformTimes,
  type GaussianPath,
  type Prediction,
  type TimeDensity,
  type TimeDraw,
  type Weighting,
} from "../../diffusion/index.js";
import { drawMasks, dropoutSites, type DropoutSite } from "../../nn/index.js";
import { RandomStream } from "../../random/index.js";
import type { ConditionOptions } from "../conditions.js";
import { examplesOf, type ExampleSource } from "./examples.js";
import { clockOf, requireTimeNetwork, type NetworkClock, type TrainedTimeNetwork } from "./network-denoiser.js";
import { simpleObjective, type Objective } from "./objective.js";
import type { LossFeedback, PhaseLoss, TrainingPhase, TrainingTask } from "../../training/task.js";

export interface DiffusionTaskOptions extends ConditionOptions {
  readonly network: TrainedTimeNetwork;
  /** From data to noise: a discrete schedule or a continuous path. */
  readonly path: GaussianPath;
  /**
   * Training data, flat: count examples of `shape`, images [H, W, C] in [−1, 1]. Or a source that makes the examples of
   * each step, with their conditions.
   */
  readonly data: Float32Array | ExampleSource;
  /** Shape of one example. */
  readonly shape: readonly number[];
  /** Noise that belongs to each example, as long as `data`: reflow's pairs. Default: fresh noise at each step. */
  readonly noise?: Float32Array;
  /** What is minimised, default `simpleObjective({ prediction, weighting })`. */
  readonly objective?: Objective;
  /** What the network learns to output, default "noise"; for the default objective. */
  readonly prediction?: Prediction;
  /** How errors at different noise levels count, default "simple": equally; for the default objective. */
  readonly weighting?: Weighting;
  /** Which times are trained how often, default {@link uniformTimes}; one that learns observes the losses. */
  readonly times?: TimeDensity;
  /** What the network is told of time, default {@link clockOf} the path. */
  readonly clock?: NetworkClock;
  /** Default 64. Above the number of examples each stands in a batch several times, with noise and time of its own. */
  readonly batchSize?: number;
  /** Default 0. */
  readonly seed?: number;
}

const KNOWN = {
  network: true,
  path: true,
  data: true,
  shape: true,
  noise: "a list",
  objective: "an object",
  prediction: ["noise", "sample", "velocity", "score", "flow"],
  weighting: ["simple", "uniform", "snr", "truncated-snr", "snr+1", "min-snr", "p2", "edm"],
  times: "a function",
  clock: "a function",
  batchSize: true,
  seed: "a number",
  conditions: "an object",
  unconditional: "an object",
} as const;

/** What to do instead of an option of earlier versions. */
const RENAMED = {
  schedule: "it is called path",
  labels: "give conditions: { label: labelColumn(labels) }",
  contexts: "give conditions: { context: contextColumn(values, shape) }",
};

/** A batch of {@link DiffusionTask}; the numbers are looked up in float64. */
export type DiffusionBatch = {
  /** Examples and ε ~ N(0, I), [N, …shape]. */
  readonly x0: tf.Tensor;
  readonly noise: tf.Tensor;
  /** What the network is told of time, [N]. */
  readonly time: tf.Tensor1D;
  /** x_t = signal·x_0 + sigma·ε, [N, 1, …, 1] */
  readonly signal: tf.Tensor;
  readonly sigma: tf.Tensor;
  /** How the loss of each example counts, [N]. */
  readonly weight: tf.Tensor1D;
  /** What the objective needs of the path, [N, 1, …, 1]. */
  readonly numbers: Readonly<Record<string, tf.Tensor>>;
  readonly condition: Readonly<Record<string, tf.Tensor>>;
  /** Of dropout, by the place in the network. */
  readonly masks: Readonly<Record<string, tf.Tensor>>;
};

/**
 * Training of a diffusion model, Ho et al. 2020, algorithm 1: draw x_0 from the data, t uniformly from 1 … T
 * (or from another density), ε from N(0, I), and descend along the gradient of an objective, by default
 * w_t·‖target − network(x_t, t)‖². What the network drops while training is drawn anew at each step.
 *
 * @throws RangeError if the data does not divide into examples, holds a value that is not finite, or has conditions that
 *   do not fit
 */
export class DiffusionTask implements TrainingTask<DiffusionBatch> {
  readonly batchSize: number;
  readonly phases: readonly TrainingPhase<DiffusionBatch>[];
  readonly feedback?: LossFeedback;
  private readonly size: number;
  private readonly seed: number;
  private readonly objective: Objective;
  private readonly times: TimeDensity;
  private readonly clock: NetworkClock;
  private readonly examples: ExampleSource;
  private sites: ReadonlyMap<string, DropoutSite> | undefined;

  constructor(private readonly options: DiffusionTaskOptions) {
    requireKnownKeys("DiffusionTask", options, KNOWN, RENAMED);
    const { network, data, shape, noise, path, batchSize = 64, seed = 0 } = options;
    requireTimeNetwork(network);
    requireGaussianPath(path);
    requireShape(shape);
    const { times = uniformTimes(path) } = options;
    this.size = sizeOf(shape);
    if (!Number.isInteger(batchSize) || batchSize < 1) {
      throw new RangeError(`batchSize must be a positive whole number, got ${batchSize}`);
    }
    const { conditions, unconditional } = options;
    this.examples = examplesOf(data, { shape, noise, seed, conditions, unconditional }, network.conditions);
    if (options.objective && (options.prediction ?? options.weighting) !== undefined) {
      throw new RangeError("prediction and weighting are the default objective's: give them to the objective instead");
    }
    this.batchSize = batchSize;
    this.seed = seed;
    this.objective =
      options.objective ?? simpleObjective({ prediction: options.prediction, weighting: options.weighting });
    if (times.T !== undefined && !(path.discrete && times.T === path.T)) {
      throw new RangeError(`times by loss are for T = ${times.T}, the path "${path.name}" has ${path.T}`);
    }
    this.times = times;
    this.feedback = this.feedbackOf(times);
    this.clock = options.clock ?? clockOf(path);
    this.phases = [{ name: "network", trains: network.parameters, loss: (batch) => this.phaseLoss(batch) }];
  }

  /** The network's. */
  get parameters() {
    return this.options.network.parameters;
  }

  /**
   * All that step `step` draws, and what follows from the times. The caller disposes it.
   */
  batch(step: number): DiffusionBatch {
    const { path, shape } = this.options;
    const { batchSize: n, seed, objective } = this;
    const sites = this.dropout();
    const { x0, noise, condition } = this.examples.batch(step, n);
    const { times, weights } = this.drawTimes(step);
    const { signal, noise: sigma } = coefficients(path, times, n);
    const column = (values: Float32Array): tf.Tensor => tf.tensor(values, [n, ...shape.map(() => 1)]);
    const numbers = Object.entries(objective.numbers(path, times));
    return {
      x0,
      // ε ~ N(0, I)
      noise: noise ?? tf.tensor(new RandomStream(seed, "noise", step).normals(n * this.size), [n, ...shape]),
      time: this.networkTimes(times),
      signal: column(signal),
      sigma: column(sigma),
      weight: tf.tensor1d(weights.slice()),
      numbers: Object.fromEntries(numbers.map(([name, values]) => [name, column(values)])),
      condition,
      masks: drawMasks(sites, { seed, step }),
    };
  }

  /** mean_i w_i·ℓ_i, a scalar, with the objective's ℓ_i at x_t = signal·x_0 + sigma·ε. */
  loss(batch: DiffusionBatch): tf.Scalar {
    return tf.tidy(() => this.phaseLoss(batch).loss);
  }

  private phaseLoss({ x0, noise, signal, sigma, time, weight, numbers, condition, masks }: DiffusionBatch): PhaseLoss {
    const training = { masks: (site: string): tf.Tensor => masks[site] };
    const network = (x: tf.Tensor): tf.Tensor => this.options.network.apply(x, time, condition, training);
    const xt = noised(x0, noise, signal, sigma);
    const losses = this.objective.loss({ x0, noise, xt, signal, sigma, numbers, network });
    const loss = tf.mean(tf.mul(losses, weight)) as tf.Scalar;
    return this.feedback ? { loss, losses } : { loss };
  }

  private feedbackOf({ observe, save, restore }: TimeDensity): LossFeedback | undefined {
    if (!observe || !save || !restore) return undefined;
    // The times of a step, drawn from what was observed before it.
    return { observe: (step, losses) => observe(this.drawTimes(step).times, losses), save, restore };
  }

  private drawTimes(step: number): TimeDraw {
    return this.times(new RandomStream(this.seed, "time", step), this.batchSize);
  }

  private networkTimes(times: Float32Array): tf.Tensor1D {
    const { path } = this.options;
    const { objective } = this;
    if (objective.time) return tf.tensor1d(times.map((t) => objective.time!(path, t)));
    return tf.tidy(() => this.clock(tf.tensor1d(times.slice())));
  }

  /** The places where the network drops, for whole batches: found once, by running it on one example. */
  private dropout(): ReadonlyMap<string, DropoutSite> {
    this.sites ??= new Map(
      [...this.sitesOfOne()].map(([site, { shape, rate }]) => [
        site,
        { shape: [this.batchSize, ...shape.slice(1)], rate },
      ]),
    );
    return this.sites;
  }

  private sitesOfOne(): ReadonlyMap<string, DropoutSite> {
    const { network, shape } = this.options;
    const { times } = this.drawTimes(1);
    return dropoutSites((masks) => {
      const { condition } = this.examples.batch(1, 1);
      return network.apply(tf.zeros([1, ...shape]), this.networkTimes(times.slice(0, 1)), condition, { masks });
    });
  }
}
