/** Training of a classifier: randomly shifted images, and their cross-entropy. */
import { described, requireKnownKeys } from "../../base/check.js";
import * as tf from "../../runtime/tf.js";
import { RandomStream } from "../../random/index.js";
import { Classifier } from "../../networks/index.js";
import { requireBatchOf, requireExamples, requireFloats, warnOfRange } from "../require-examples.js";
import { ShuffledOrder } from "../../training/shuffled-order.js";
import type { TrainingPhase, TrainingTask } from "../../training/task.js";

export interface ClassificationTaskOptions {
  readonly classifier: Classifier;
  /** [count, H, W, C] flat, in [−1, 1]. */
  readonly images: Float32Array;
  readonly labels: Uint8Array;
  /** Default 128. */
  readonly batchSize?: number;
  /** Each image is moved by up to this many pixels each way, default 2; what moves in is background (−1). */
  readonly maxShift?: number;
  readonly seed?: number;
}

/** A batch of {@link ClassificationTask}: images [N, H, W, C], and classes one-hot, [N, classes] float32. */
export type ClassificationBatch = { readonly images: tf.Tensor4D; readonly targets: tf.Tensor2D };

/**
 * Cross-entropy of a classifier on randomly shifted images: −log p(label | x).
 *
 * @throws RangeError if images, labels and classifier do not fit each other, an image holds a value that is not finite, or
 *   an option is out of range
 */
export class ClassificationTask implements TrainingTask<ClassificationBatch> {
  readonly batchSize: number;
  readonly phases: readonly TrainingPhase<ClassificationBatch>[];
  private readonly order: ShuffledOrder;
  private readonly seed: number;
  private readonly maxShift: number;

  constructor(private readonly options: ClassificationTaskOptions) {
    const known = {
      classifier: true,
      images: true,
      labels: true,
      batchSize: true,
      maxShift: "a number",
      seed: "a number",
    } as const;
    requireKnownKeys("ClassificationTask", options, known);
    this.batchSize = options.batchSize ?? 128;
    this.seed = options.seed ?? 0;
    this.maxShift = options.maxShift ?? 2;
    check(options, this.batchSize, this.maxShift);
    this.order = new ShuffledOrder(options.labels.length, this.seed);
    this.phases = [{ name: "classifier", trains: this.parameters, loss: (batch) => ({ loss: this.loss(batch) }) }];
  }

  /** The classifier's. */
  get parameters() {
    return this.options.classifier.parameters;
  }

  /** Images, each moved at random, and their classes. The caller disposes them. */
  batch(step: number): ClassificationBatch {
    const { height, width, in_channels, classes } = this.options.classifier.config;
    const indices = this.order.indices(step, this.batchSize);
    const stream = new RandomStream(this.seed, "shift", step);
    const size = height * width * in_channels;
    const images = new Float32Array(this.batchSize * size);
    indices.forEach((index, i) => {
      const down = stream.integer(-this.maxShift, this.maxShift + 1);
      const right = stream.integer(-this.maxShift, this.maxShift + 1);
      const image = this.options.images.subarray(index * size, (index + 1) * size);
      images.set(shifted(image, height, width, in_channels, down, right), i * size);
    });
    const labels = Int32Array.from(indices, (index) => this.options.labels[index]);
    return tf.tidy(() => ({
      images: tf.tensor4d(images, [this.batchSize, height, width, in_channels]),
      targets: tf.cast(tf.oneHot(tf.tensor1d(labels, "int32"), classes), "float32") as tf.Tensor2D,
    }));
  }

  /** −mean_i log p(label_i | x_i), a scalar. */
  loss({ images, targets }: ClassificationBatch): tf.Scalar {
    const logProbabilities = tf.logSoftmax(this.options.classifier.logits(images));
    return tf.neg(tf.mean(tf.sum(tf.mul(targets, logProbabilities), 1))) as tf.Scalar;
  }
}

function check({ classifier, images, labels }: ClassificationTaskOptions, batchSize: number, maxShift: number): void {
  if (!(classifier instanceof Classifier)) {
    throw new TypeError(`classifier must be a Classifier, got ${described(classifier)}`);
  }
  requireFloats("images", images);
  if (!(labels instanceof Uint8Array)) {
    throw new TypeError(`labels must be a Uint8Array with the class of each image, got ${described(labels)}`);
  }
  const { height, width, in_channels, classes } = classifier.config;
  const size = height * width * in_channels;
  if (images.length !== labels.length * size || labels.length === 0) {
    throw new RangeError(
      `${labels.length} labels need ${labels.length} images of [${height}, ${width}, ${in_channels}], ` +
        `${labels.length * size} numbers and at least one image; got ${images.length}`,
    );
  }
  const strange = labels.findIndex((label) => label >= classes);
  if (strange >= 0)
    throw new RangeError(`label ${strange} is ${labels[strange]}, the classifier has classes 0 … ${classes - 1}`);
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new RangeError(`batchSize must be a positive whole number, got ${batchSize}`);
  }
  requireBatchOf(labels.length, batchSize);
  if (!Number.isInteger(maxShift) || maxShift < 0 || maxShift >= Math.min(height, width)) {
    throw new RangeError(
      `maxShift must be a whole number of pixels, 0 … ${Math.min(height, width) - 1}, got ${maxShift}`,
    );
  }
  requireExamples("images", images, size);
  warnOfRange("images", images, [height, width, in_channels]);
}

function shifted(image: Float32Array, h: number, w: number, c: number, down: number, right: number): Float32Array {
  const result = new Float32Array(image.length).fill(-1);
  for (let y = Math.max(0, down); y < Math.min(h, h + down); y++) {
    const from = ((y - down) * w + Math.max(0, -right)) * c;
    const to = (y * w + Math.max(0, right)) * c;
    result.set(image.subarray(from, from + (w - Math.abs(right)) * c), to);
  }
  return result;
}
