/** Images with labels as bytes, and parts of them. */
import { requireKind } from "../base/kinds.js";
import { requireNumbers, requireLike, requireTexts, requireBytes, requireText } from "../base/values.js";
import { described } from "../base/check.js";
import * as tf from "../runtime/tf.js";
import { Normaliser } from "./normaliser.js";

/**
 * Images with labels, held as bytes: one byte a channel, in the order example, row, column, channel (NHWC).
 */
export interface ImageDataset {
  readonly name: string;
  /** N·H·W·C bytes. Shared between all who hold the data set: read only. */
  readonly images: Uint8Array;
  /** N bytes, each an index into {@link classes}. Shared: read only. */
  readonly labels: Uint8Array;
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly classes: readonly string[];
}

/** What {@link imageDataset} checks and completes. */
export interface ImageDatasetParts {
  name: string;
  images: Uint8Array;
  labels: Uint8Array;
  height: number;
  width: number;
  channels: number;
  classes: readonly string[];
}

/**
 * An {@link ImageDataset} whose parts fit together.
 *
 * @throws RangeError when a size is no whole number ≥ 1, the images do not hold count·height·width·channels
 *   bytes (count = the number of labels), or a label names no class
 */
export function imageDataset(parts: ImageDatasetParts): ImageDataset {
  requireLike(
    "a data set's parts",
    parts,
    ["name", "images", "labels", "classes"],
    "{ name, images, labels, height, width, channels, classes }",
  );
  requireText("name", parts.name);
  requireBytes("images", parts.images);
  requireNumbers("labels", parts.labels);
  requireTexts("classes", parts.classes);
  const { name, images, labels, height, width, channels, classes } = parts;
  for (const [what, size] of Object.entries({ height, width, channels })) {
    if (!Number.isSafeInteger(size) || size < 1) {
      throw new RangeError(`${what} of data set "${name}" must be a whole number of at least 1, got ${size}`);
    }
  }
  const count = labels.length;
  const needed = count * height * width * channels;
  if (images.length !== needed) {
    throw new RangeError(
      `data set "${name}": ${count} labels and images of ${height}×${width}×${channels} ` +
        `need ${needed} bytes, got ${images.length}`,
    );
  }
  for (let i = 0; i < count; i++) {
    if (labels[i] >= classes.length) {
      throw new RangeError(
        `data set "${name}": label ${labels[i]} of example ${i} names none of ${classes.length} classes`,
      );
    }
  }
  return Object.freeze({ name, images, labels, count, height, width, channels, classes: [...classes] });
}

function requireIndex(dataset: ImageDataset, index: number): void {
  if (!Number.isSafeInteger(index) || index < 0 || index >= dataset.count) {
    throw new RangeError(
      `index ${index} is not in data set "${dataset.name}", which has examples 0 to ${dataset.count - 1}`,
    );
  }
}

function gatherBytes(dataset: ImageDataset, indices: ArrayLike<number>): Uint8Array {
  const size = dataset.height * dataset.width * dataset.channels;
  for (let i = 0; i < indices.length; i++) requireIndex(dataset, indices[i]);
  const bytes = new Uint8Array(indices.length * size);
  for (let i = 0; i < indices.length; i++) {
    bytes.set(dataset.images.subarray(indices[i] * size, (indices[i] + 1) * size), i * size);
  }
  return bytes;
}

/**
 * The examples at `indices`, in that order, copied into a data set of their own; an index may repeat.
 *
 * @throws RangeError when an index is not in the data set
 */
export function subset(dataset: ImageDataset, indices: ArrayLike<number>, name = dataset.name): ImageDataset {
  requireKind("name", name, "a text");
  requireDataset(dataset);
  requireNumbers("indices", indices);
  const images = gatherBytes(dataset, indices);
  const labels = Uint8Array.from(indices, (index) => dataset.labels[index]);
  return imageDataset({ ...dataset, name, images, labels });
}

/**
 * The images at `indices` as one float32 tensor [n, height, width, channels], in [−1, 1] unless another
 * normaliser says otherwise.
 *
 * @throws RangeError when an index is not in the data set
 */
export function gatherImages(
  dataset: ImageDataset,
  indices: ArrayLike<number>,
  normaliser: Normaliser = new Normaliser(),
): tf.Tensor4D {
  if (!(normaliser instanceof Normaliser))
    throw new TypeError(`normaliser must be new Normaliser(…), got ${described(normaliser)}`);
  requireDataset(dataset);
  requireNumbers("indices", indices);
  const values = normaliser.encode(gatherBytes(dataset, indices));
  return tf.tensor4d(values, [indices.length, dataset.height, dataset.width, dataset.channels]);
}

/**
 * The labels at `indices` as an int32 tensor [n].
 *
 * @throws RangeError when an index is not in the data set
 */
export function gatherLabels(dataset: ImageDataset, indices: ArrayLike<number>): tf.Tensor1D {
  requireDataset(dataset);
  requireNumbers("indices", indices);
  for (let i = 0; i < indices.length; i++) requireIndex(dataset, indices[i]);
  return tf.tensor1d(
    Int32Array.from(indices, (index) => dataset.labels[index]),
    "int32",
  );
}

/**
 * The first examples of the classes asked for, each once: `indicesOfClasses(digits, [0, 1, 0])` are the first zero, the
 * first one and the second zero. Real images beside generated ones should be of the same classes, since equal shares
 * alone lower a Fréchet distance.
 *
 * @throws RangeError if there are not so many of a class
 */
export function indicesOfClasses(dataset: ImageDataset, asked: ArrayLike<number>): number[] {
  requireDataset(dataset);
  requireNumbers("asked", asked);
  const next = new Map<number, number>();
  return Array.from(asked, (label) => {
    const index = dataset.labels.indexOf(label, next.get(label) ?? 0);
    if (index < 0)
      throw new RangeError(`"${dataset.name}" has too few examples of class ${label}: ask for fewer images`);
    next.set(label, index + 1);
    return index;
  });
}

/**
 * How many examples each class has.
 */
export function classCounts(dataset: ImageDataset): Int32Array {
  requireDataset(dataset);
  const counts = new Int32Array(dataset.classes.length);
  for (const label of dataset.labels) counts[label] += 1;
  return counts;
}

/** @throws TypeError for what is no data set of images */
export function requireDataset(value: unknown): asserts value is ImageDataset {
  const { images, labels, count, classes } = (value ?? {}) as Partial<ImageDataset>;
  if (images instanceof Uint8Array && labels instanceof Uint8Array && typeof count === "number" && classes) return;
  throw new TypeError(`a data set is needed, such as loadDigits() gives, got ${described(value)}`);
}
