import * as tf from "../tf.js";
import { gatherImages, type ImageDataset } from "../data/index.js";
import { featuresOf, type FeatureSet } from "../metrics/index.js";
import type { Classifier } from "../models/index.js";

/** What a classifier makes of images. */
export interface Seen {
  /** Of the layer before the last, for Fréchet distances. */
  readonly features: FeatureSet;
  /** Probabilities of the classes, for `recognise`. */
  readonly verdicts: FeatureSet;
}

/** Shows images to a classifier and disposes them. */
export function look(classifier: Classifier, images: tf.Tensor4D): Seen {
  const [features, verdicts] = [classifier.features(images), classifier.classify(images)];
  const seen = { features: featuresOf(features), verdicts: featuresOf(verdicts) };
  tf.dispose([images, features, verdicts]);
  return seen;
}

/** The first n images of a data set, default all. */
export function firstImages(dataset: ImageDataset, n = dataset.count): tf.Tensor4D {
  return gatherImages(dataset, Array.from({ length: n }, (_, i) => i));
}

/**
 * The first images of the classes asked for, each once: real ones to stand beside generated ones of the same classes,
 * since equal shares alone lower a Fréchet distance.
 *
 * @throws RangeError if there are not so many of a class
 */
export function imagesOfClasses(dataset: ImageDataset, asked: Int32Array): tf.Tensor4D {
  const next = new Map<number, number>();
  const indices = Array.from(asked, (label) => {
    const index = dataset.labels.indexOf(label, next.get(label) ?? 0);
    if (index < 0) throw new RangeError(`"${dataset.name}" has too few examples of class ${label}: ask for fewer images`);
    next.set(label, index + 1);
    return index;
  });
  return gatherImages(dataset, indices);
}
