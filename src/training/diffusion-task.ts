import * as tf from "../tf.js";
import {
  coefficients,
  lossWeights,
  networkTime,
  noised,
  simpleLoss,
  targetFrom,
  uniformTimes,
  type GaussianPath,
  type Prediction,
  type TimeDensity,
  type Weighting,
} from "../diffusion/index.js";
import { RandomStream } from "../random.js";
import type { TimeNetwork } from "./network.js";
import { ShuffledOrder } from "./shuffled-order.js";
import type { Batch, TrainingTask } from "./task.js";

export interface DiffusionTaskOptions {
  readonly network: TimeNetwork;
  readonly schedule: GaussianPath;
  /** Training data, flat: count examples of `shape`. Images are [H, W, C] in [−1, 1]. */
  readonly data: Float32Array;
  /** Shape of one example. */
  readonly shape: readonly number[];
  /** What the network learns to output, default "noise". */
  readonly prediction?: Prediction;
  /** Which times are trained how often, default {@link uniformTimes}. */
  readonly times?: TimeDensity;
  /** How errors at different noise levels count, default "simple": equally. */
  readonly weighting?: Weighting;
  /** Class of each example, for a class-conditional network. */
  readonly labels?: Uint8Array;
  /** Default 64. */
  readonly batchSize?: number;
  /** Default 0. */
  readonly seed?: number;
}

/**
 * Training of a diffusion model, Ho et al. 2020, algorithm 1: draw x_0 from the data, t uniformly from 1 … T
 * (or from another density), ε from N(0, I), and descend along the gradient of w_t·‖target − network(x_t, t)‖².
 *
 * @throws RangeError if the data does not divide into examples, or holds a value that is not finite
 */
export class DiffusionTask implements TrainingTask {
  readonly batchSize: number;
  private readonly size: number;
  private readonly seed: number;
  private readonly prediction: Prediction;
  private readonly times: TimeDensity;
  private readonly order: ShuffledOrder;

  constructor(private readonly options: DiffusionTaskOptions) {
    const { data, shape, labels, batchSize = 64, seed = 0, prediction = "noise" } = options;
    this.size = shape.reduce((product, n) => product * n, 1);
    const count = data.length / this.size;
    if (!Number.isInteger(count) || count < 1) {
      throw new RangeError(`${data.length} numbers are no whole count of examples of shape [${shape}] (${this.size} each)`);
    }
    if (labels && labels.length !== count) throw new RangeError(`got ${labels.length} labels for ${count} examples`);
    if (!Number.isInteger(batchSize) || batchSize < 1) {
      throw new RangeError(`batchSize must be a positive whole number, got ${batchSize}`);
    }
    const bad = data.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) throw new RangeError(`example ${Math.floor(bad / this.size)} of the data holds ${data[bad]}: remove it`);
    this.batchSize = batchSize;
    this.seed = seed;
    this.prediction = prediction;
    this.times = options.times ?? uniformTimes(options.schedule);
    this.order = new ShuffledOrder(count, seed);
  }

  get parameters() {
    return this.options.network.parameters;
  }

  batch(step: number): Batch {
    const { schedule, shape, data, labels, weighting = "simple" } = this.options;
    const n = this.batchSize;
    const indices = this.order.indices(step, n);
    const x0 = new Float32Array(n * this.size);
    indices.forEach((index, i) => x0.set(data.subarray(index * this.size, (index + 1) * this.size), i * this.size));
    const { times, weights } = this.times(new RandomStream(this.seed, "time", step), n);
    const w = lossWeights(schedule, this.prediction, weighting, times, n);
    // ε ~ N(0, I)
    const noise = new RandomStream(this.seed, "noise", step).normals(n * this.size);
    const c = coefficients(schedule, times, n);
    const column = [n, ...shape.map(() => 1)];
    return {
      x0: tf.tensor(x0, [n, ...shape]),
      noise: tf.tensor(noise, [n, ...shape]),
      time: tf.tensor1d(c.time.map((time) => networkTime(time))),
      signal: tf.tensor(c.signal, column),
      sigma: tf.tensor(c.noise, column),
      weight: tf.tensor1d(w.map((value, i) => value * weights[i])),
      ...(labels && { labels: tf.tensor1d(Int32Array.from(indices, (index) => labels[index]), "int32") }),
    };
  }

  loss(batch: Batch): tf.Scalar {
    const { x0, noise, signal, sigma, time, weight, labels } = batch;
    return tf.tidy(() => {
      const xt = noised(x0, noise, signal, sigma);
      const output = this.options.network.apply(xt, time as tf.Tensor1D, labels as tf.Tensor1D | undefined);
      return simpleLoss(output, targetFrom(this.prediction, x0, noise, signal, sigma), weight as tf.Tensor1D);
    });
  }
}
