/** Training of a detector: pictures of coloured digits, and the cross-entropy of every fact in them. */
import { requireKind } from "../../base/kinds.js";
import { described, requireKnownKeys } from "../../base/check.js";
import { requireWhole } from "../../base/values.js";
import {
  CaptionedDigits,
  type Composition,
  digitColours,
  digitPlaces,
  digitSizes,
  groundColours,
} from "../../data/index.js";
import { type DetectorLogits, DigitDetector } from "../../networks/index.js";
import * as tf from "../../runtime/tf.js";
import type { TrainingPhase, TrainingTask } from "../../training/task.js";

export interface DetectionTaskOptions {
  readonly detector: DigitDetector;
  /** Pictures are taken from these in turn. */
  readonly data: readonly CaptionedDigits[];
  /** Default 128. */
  readonly batchSize?: number;
}

/** A batch of {@link DetectionTask}: pictures [N, 32, 32, 3], and each fact one-hot, 0 throughout where there is no digit. */
export type DetectionBatch = { readonly pictures: tf.Tensor4D } & DetectorLogits;

const NAMES = { colour: Object.keys(digitColours), ground: Object.keys(groundColours) };

/**
 * Cross-entropy of a detector, over the n digits of a batch of N pictures:
 *
 *   −(1/n)·Σ ln p(digit or none at each place) − (1/n)·Σ [ln p(colour) + ln p(size)] − (1/N)·Σ ln p(ground)
 *
 * Picture i of step s has number s·batchSize + i of its data, so none ever comes twice.
 *
 * @throws TypeError unless `detector` is a DigitDetector and `data` a list of CaptionedDigits; RangeError for an option that
 *   is unknown or out of range
 */
export class DetectionTask implements TrainingTask<DetectionBatch> {
  readonly batchSize: number;
  readonly phases: readonly TrainingPhase<DetectionBatch>[];

  constructor(private readonly options: DetectionTaskOptions) {
    requireKnownKeys("DetectionTask", options, { detector: true, data: true, batchSize: true });
    const { detector, data, batchSize = 128 } = options;
    if (!(detector instanceof DigitDetector)) {
      throw new TypeError(`detector must be a DigitDetector, got ${described(detector)}`);
    }
    if (!Array.isArray(data) || data.length === 0 || !data.every((one) => one instanceof CaptionedDigits)) {
      throw new TypeError(`data must be a list of at least one CaptionedDigits, got ${described(data)}`);
    }
    requireWhole("batchSize", batchSize);
    this.batchSize = batchSize;
    this.phases = [{ name: "detector", trains: detector.parameters, loss: (batch) => ({ loss: this.loss(batch) }) }];
  }

  /** Pictures and their facts. The caller disposes them. */
  batch(step: number): DetectionBatch {
    requireKind("step", step, "a number");
    const { data } = this.options;
    const compositions: Composition[] = [];
    const pictures = new Float32Array(this.batchSize * 32 * 32 * 3);
    for (let i = 0; i < this.batchSize; i++) {
      const number = step * this.batchSize + i;
      const source = data[i % data.length];
      compositions.push(source.composition(number));
      pictures.set(source.pictures([number]), i * 32 * 32 * 3);
    }
    return { pictures: tf.tensor4d(pictures, [this.batchSize, 32, 32, 3]), ...factTensors(compositions) };
  }

  /** The cross-entropy, a scalar. */
  loss({ pictures, ...facts }: DetectionBatch): tf.Scalar {
    const logits = this.options.detector.logits(pictures);
    const nats = (fact: keyof DetectorLogits): tf.Scalar =>
      tf.neg(tf.sum(tf.mul(facts[fact], tf.logSoftmax(logits[fact] as tf.Tensor)))) as tf.Scalar;
    const digits = tf.maximum(tf.sum(facts.colour), 1);
    const ofDigits = tf.addN([nats("digit"), nats("colour"), nats("size")]);
    return tf.add(tf.div(ofDigits, digits), tf.div(nats("ground"), this.batchSize)) as tf.Scalar;
  }
}

/** Facts one-hot, as {@link DetectionBatch} holds them. */
export function factTensors(compositions: readonly Composition[]): DetectorLogits {
  const [count, places] = [compositions.length, digitPlaces.length];
  const [colours, sizes, grounds] = [NAMES.colour.length, digitSizes.length, NAMES.ground.length];
  const digit = new Float32Array(count * places * 11);
  const colour = new Float32Array(count * places * colours);
  const size = new Float32Array(count * places * sizes);
  const ground = new Float32Array(count * grounds);
  compositions.forEach((one, i) => {
    ground[i * grounds + NAMES.ground.indexOf(one.ground)] = 1;
    for (let place = 0; place < places; place++) {
      const at = i * places + place;
      const found = one.digits.find((placed) => placed.place === digitPlaces[place]);
      digit[at * 11 + (found ? 1 + found.digit : 0)] = 1;
      if (!found) continue;
      colour[at * colours + NAMES.colour.indexOf(found.colour)] = 1;
      size[at * sizes + digitSizes.indexOf(found.size)] = 1;
    }
  });
  return {
    digit: tf.tensor3d(digit, [count, places, 11]),
    colour: tf.tensor3d(colour, [count, places, colours]),
    size: tf.tensor3d(size, [count, places, sizes]),
    ground: tf.tensor2d(ground, [count, grounds]),
  };
}
