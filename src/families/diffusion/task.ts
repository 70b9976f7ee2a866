import * as tf from "../../runtime/tf.js";
import {
  coefficients,
  LossAwareTimes,
  noised,
  uniformTimes,
  type GaussianPath,
  type Prediction,
  type TimeDensity,
  type Weighting,
} from "../../diffusion/index.js";
import { drawMasks, dropoutSites, type DropoutSite } from "../../nn/index.js";
import { RandomStream } from "../../random/index.js";
import { checkExamples } from "../check-examples.js";
import { checkConditions, conditionTensors, type TrainingConditions } from "../conditions.js";
import { lossAwareFeedback } from "./loss-aware-feedback.js";
import { prefixed, selected } from "../../training/named-tensors.js";
import { clockOf, type NetworkClock, type TimeNetwork } from "./network-denoiser.js";
import { simpleObjective, type Objective } from "./objective.js";
import { ShuffledOrder } from "../../training/shuffled-order.js";
import type { Batch, LossFeedback, TrainingTask } from "../../training/task.js";

export interface DiffusionTaskOptions extends TrainingConditions {
  readonly network: TimeNetwork;
  readonly schedule: GaussianPath;
  /** Training data, flat: count examples of `shape`. Images are [H, W, C] in [−1, 1]. */
  readonly data: Float32Array;
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
  /** Which times are trained how often, default {@link uniformTimes}; a `LossAwareTimes` is told the losses. */
  readonly times?: TimeDensity | LossAwareTimes;
  /** What the network is told of time, default {@link clockOf} the schedule. */
  readonly clock?: NetworkClock;
  /** Default 64. */
  readonly batchSize?: number;
  /** Default 0. */
  readonly seed?: number;
}

/**
 * Training of a diffusion model, Ho et al. 2020, algorithm 1: draw x_0 from the data, t uniformly from 1 … T
 * (or from another density), ε from N(0, I), and descend along the gradient of an objective, by default
 * w_t·‖target − network(x_t, t)‖². What the network drops while training is drawn anew at each step.
 *
 * @throws RangeError if the data does not divide into examples, holds a value that is not finite, or has conditions that
 *   do not fit
 */
export class DiffusionTask implements TrainingTask {
  readonly batchSize: number;
  readonly feedback: LossFeedback | undefined;
  private readonly size: number;
  private readonly seed: number;
  private readonly objective: Objective;
  private readonly times: TimeDensity;
  private readonly clock: NetworkClock;
  private readonly order: ShuffledOrder;
  private sites: ReadonlyMap<string, DropoutSite> | undefined;

  constructor(private readonly options: DiffusionTaskOptions) {
    const { data, shape, noise, schedule, batchSize = 64, seed = 0, times = uniformTimes(schedule) } = options;
    this.size = shape.reduce((product, n) => product * n, 1);
    const count = data.length / this.size;
    if (!Number.isInteger(count) || count < 1) {
      throw new RangeError(
        `${data.length} numbers are no whole count of examples of shape [${shape}] (${this.size} each)`,
      );
    }
    if (!Number.isInteger(batchSize) || batchSize < 1) {
      throw new RangeError(`batchSize must be a positive whole number, got ${batchSize}`);
    }
    if (noise && noise.length !== data.length) {
      throw new RangeError(`noise that belongs to the data needs its ${data.length} numbers, got ${noise.length}`);
    }
    checkExamples("data", data, this.size);
    if (noise) checkExamples("noise", noise, this.size);
    checkConditions(options, count, options.network.labels ?? Infinity);
    if (options.objective && (options.prediction ?? options.weighting) !== undefined) {
      throw new RangeError("prediction and weighting are the default objective's: give them to the objective instead");
    }
    this.batchSize = batchSize;
    this.seed = seed;
    this.objective = options.objective ?? simpleObjective(options);
    this.times = times instanceof LossAwareTimes ? times.draw : times;
    if (times instanceof LossAwareTimes) {
      if (!schedule.discrete || times.T !== schedule.T) {
        throw new RangeError(`times by loss are for T = ${times.T}, the schedule "${schedule.name}" has ${schedule.T}`);
      }
      this.feedback = lossAwareFeedback(times, "weight", (step) => this.drawTimes(step).times);
    }
    this.clock = options.clock ?? clockOf(schedule);
    this.order = new ShuffledOrder(count, seed);
  }

  /** The network's. */
  get parameters() {
    return this.options.network.parameters;
  }

  /**
   * All that step `step` draws, and what follows from the times: `x0` and `noise` [batchSize, …shape]; `time`, as the
   * network is told it, and `weight` [batchSize]; `signal`, `sigma` and the objective's numbers [batchSize, 1, …];
   * conditions; masks of dropout.
   */
  batch(step: number): Batch {
    const { schedule, shape, data, noise } = this.options;
    const { batchSize: n, seed, objective } = this;
    const sites = this.dropout();
    const indices = this.order.indices(step, n);
    const { times, weights } = this.drawTimes(step);
    // ε ~ N(0, I)
    const epsilon = noise ? this.gather(noise, indices) : new RandomStream(seed, "noise", step).normals(n * this.size);
    const { signal, noise: sigma } = coefficients(schedule, times, n);
    const column = (values: Float32Array): tf.Tensor => tf.tensor(values, [n, ...shape.map(() => 1)]);
    const numbers = Object.entries(objective.numbers(schedule, times));
    return {
      x0: tf.tensor(this.gather(data, indices), [n, ...shape]),
      noise: tf.tensor(epsilon, [n, ...shape]),
      time: this.networkTimes(times),
      signal: column(signal),
      sigma: column(sigma),
      weight: tf.tensor1d(weights.slice()),
      ...prefixed("number", Object.fromEntries(numbers.map(([name, values]) => [name, column(values)]))),
      ...prefixed("condition", conditionTensors(this.options, indices, { seed, step })),
      ...prefixed("mask", drawMasks(sites, { seed, step })),
    };
  }

  /** mean_i w_i·ℓ_i, a scalar, with the objective's ℓ_i at x_t = signal·x_0 + sigma·ε. */
  loss(batch: Batch): tf.Scalar {
    const { x0, noise, signal, sigma, time, weight } = batch;
    const drawn = selected("mask", batch);
    const training = { masks: (site: string): tf.Tensor => drawn[site] };
    const network = (x: tf.Tensor): tf.Tensor =>
      this.options.network.apply(x, time as tf.Tensor1D, selected("condition", batch), training);
    return tf.tidy(() => {
      const xt = noised(x0, noise, signal, sigma);
      const numbers = selected("number", batch);
      const losses = this.objective.loss({ x0, noise, xt, signal, sigma, numbers, network });
      return tf.mean(tf.mul(losses, weight)) as tf.Scalar;
    });
  }

  private drawTimes(step: number): ReturnType<TimeDensity> {
    return this.times(new RandomStream(this.seed, "time", step), this.batchSize);
  }

  private networkTimes(times: Float32Array): tf.Tensor1D {
    const { schedule } = this.options;
    const { objective } = this;
    if (objective.time) return tf.tensor1d(times.map((t) => objective.time!(schedule, t)));
    return tf.tidy(() => this.clock(tf.tensor1d(times.slice())));
  }

  private gather(values: Float32Array, indices: Int32Array): Float32Array {
    const gathered = new Float32Array(indices.length * this.size);
    indices.forEach((index, i) =>
      gathered.set(values.subarray(index * this.size, (index + 1) * this.size), i * this.size),
    );
    return gathered;
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
      const condition = conditionTensors(this.options, Int32Array.of(0), { seed: this.seed, step: 0 });
      return network.apply(tf.zeros([1, ...shape]), this.networkTimes(times.slice(0, 1)), condition, { masks });
    });
  }
}
