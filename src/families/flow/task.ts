/** Training of a normalising flow: descends along −ln p(x). */
import { requireKnownKeys, requireKeys } from "../../base/check.js";
import { sizeOf } from "../../base/shape.js";
import { requireWhole, requireLike } from "../../base/values.js";
import type { InvertibleNetwork } from "../../networks/index.js";
import { RandomStream } from "../../random/index.js";
import * as tf from "../../runtime/tf.js";
import { ShuffledOrder, type TrainingPhase, type TrainingTask } from "../../training/index.js";
import { requireBatchOf, requireExamples } from "../require-examples.js";
import { logDensity } from "./density.js";
import { dequantised, greyLevels, logBinVolume, logLevelVolume } from "./dequantisation.js";

export interface NormalisingFlowTaskOptions {
  /** {@link RealNvp} for points, {@link Glow} for 8-bit images. */
  readonly network: InvertibleNetwork;
  /** Training examples, [count, …shape] flat; images in [−1, 1] as a `Normaliser` makes them. */
  readonly data: Float32Array;
  /** Default 64, at most the number of examples. */
  readonly batchSize?: number;
  /** Default 0. */
  readonly seed?: number;
}

/** One batch, [N, …shape]: points, or images dequantised to [0, 1). */
export type NormalisingFlowBatch = { readonly x: tf.Tensor };

/** The batch that starts ActNorm is as large as this, if there are so many examples: moments of few are not to be trusted. */
const STARTING_EXAMPLES = 256;

/**
 * −ln p(x) of a batch, in nats a number so that one learning rate suits all sizes. For images it is −ln P(v) of their grey
 * levels v, which noise of the batch dequantises: ln P(v) ≥ ln p((v + u)/256) − D·ln 256. Reports tell `logLikelihood`, in
 * nats an example as the model does, and for images `bitsPerDimension`: −ln P(v)/(D·ln 2).
 *
 * A network that was never initialised is, by examples of the data: see `ActNorm`. That depends on data and seed alone.
 *
 * @throws RangeError if the data does not divide into the network's examples, holds NaN or, for images, a value that is no
 *   grey level, or has fewer examples than a batch; or if an option is unknown or out of range
 */
export class NormalisingFlowTask implements TrainingTask<NormalisingFlowBatch> {
  readonly batchSize: number;
  readonly phases: readonly TrainingPhase<NormalisingFlowBatch>[];
  private readonly network: InvertibleNetwork;
  private readonly order: ShuffledOrder;
  private readonly seed: number;
  private readonly size: number;
  /** Of images; null for points. */
  private readonly levels: Uint8Array | null;

  constructor(private readonly options: NormalisingFlowTaskOptions) {
    requireKnownKeys("NormalisingFlowTask", options, {
      network: "an object",
      data: "a list",
      batchSize: true,
      seed: true,
    });
    requireKeys("NormalisingFlowTask", options, ["network", "data"]);
    const { network, data, batchSize = 64, seed = 0 } = options;
    requireLike("network", network, ["shape", "forward", "inverse"], "new RealNvp(…) or new Glow(…)");
    requireWhole("batchSize", batchSize);
    this.size = sizeOf(network.shape);
    const count = data.length / this.size;
    if (!Number.isInteger(count) || count < 1) {
      throw new RangeError(`${data.length} numbers are no whole count of examples of shape [${network.shape}]`);
    }
    requireBatchOf(count, batchSize);
    requireExamples("data", data, this.size);
    this.levels = network.domain === "unit" ? greyLevels("data", data, this.size) : null;
    [this.network, this.batchSize, this.seed] = [network, batchSize, seed];
    this.order = new ShuffledOrder(count, seed);
    if (!network.initialised) {
      const starting = this.order.indices(1, Math.min(count, STARTING_EXAMPLES));
      const x = this.examples(starting, new RandomStream(seed, "dequantisation", 0));
      network.initialise(x);
      x.dispose();
    }
    this.phases = [{ name: "flow", trains: network.parameters, loss: (batch) => this.loss(batch) }];
  }

  batch(step: number): NormalisingFlowBatch {
    const indices = this.order.indices(step, this.batchSize);
    return { x: this.examples(indices, new RandomStream(this.seed, "dequantisation", step)) };
  }

  private examples(indices: Int32Array, noise: RandomStream): tf.Tensor {
    const { size, levels } = this;
    const gather = <A extends Float32Array | Uint8Array>(from: A, to: A): A => {
      indices.forEach((index, i) => to.set(from.subarray(index * size, (index + 1) * size), i * size));
      return to;
    };
    const values = levels
      ? dequantised(gather(levels, new Uint8Array(indices.length * size)), noise)
      : gather(this.options.data, new Float32Array(indices.length * size));
    return tf.tensor(values, [indices.length, ...this.network.shape]);
  }

  private loss({ x }: NormalisingFlowBatch): ReturnType<TrainingPhase<NormalisingFlowBatch>["loss"]> {
    const density = tf.mean(logDensity(this.network, x)) as tf.Scalar;
    if (!this.levels) return { loss: tf.div(density, -this.size) as tf.Scalar, metrics: { logLikelihood: density } };
    const ofLevels = tf.add(density, logBinVolume(this.size));
    const loss = tf.div(ofLevels, -this.size) as tf.Scalar;
    const logLikelihood = tf.sub(ofLevels, logLevelVolume(this.size)) as tf.Scalar;
    return { loss, metrics: { logLikelihood, bitsPerDimension: tf.div(loss, Math.LN2) as tf.Scalar } };
  }
}
