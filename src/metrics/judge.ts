/** Images as a trained classifier sees them. */
import { requireKind } from "../base/kinds.js";
import { requireDataset } from "../data/dataset.js";
import { requireLike } from "../base/values.js";
import { requireTensor } from "../runtime/tensor.js";
import * as tf from "../runtime/tf.js";
import { gatherImages, type ImageDataset } from "../data/index.js";
import { featuresOf, type FeatureSet } from "./features.js";
import type { Classifier } from "../networks/index.js";

/** What a classifier makes of images. */
export interface Seen {
  /** Of the layer before the last, for Fréchet distances. */
  readonly features: FeatureSet;
  /** Probabilities of the classes, for `recognise`. */
  readonly verdicts: FeatureSet;
}

/** Shows images to a classifier and disposes them. */
export function look(classifier: Classifier, images: tf.Tensor4D): Seen {
  requireLike("classifier", classifier, ["features", "classify"], "loadClassifier(folder)");
  requireTensor("images", images);
  const [features, verdicts] = [classifier.features(images), classifier.classify(images)];
  const seen = { features: featuresOf(features), verdicts: featuresOf(verdicts) };
  tf.dispose([images, features, verdicts]);
  return seen;
}

/** The first n images of a data set, default all. */
export function firstImages(dataset: ImageDataset, n = dataset.count): tf.Tensor4D {
  requireKind("n", n, "a number");
  requireDataset(dataset);
  return gatherImages(
    dataset,
    Array.from({ length: n }, (_, i) => i),
  );
}
