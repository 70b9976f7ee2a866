/** Pixels from the forms in which images come. */
import { described } from "../base/check.js";
import { isTensor, tensorValues, type TensorLike } from "./numbers.js";

/** Images as bytes, n·height·width·channels in a row: an `ImageDataset` is one. */
export interface ByteImages {
  readonly images: Uint8Array;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** A tensor [n, height, width, 1 or 3] (or one image [height, width, 1 or 3]), or bytes. */
export type Images = TensorLike | ByteImages;

/** RGB bytes of n images of one size. */
export interface PixelImages {
  readonly count: number;
  readonly height: number;
  readonly width: number;
  /** count·height·width·3. */
  readonly rgb: Uint8Array;
  /** How many pixels held NaN or infinity; they are painted magenta. */
  readonly nonFinite: number;
}

/**
 * Turns images to RGB bytes: byte = round(255 · (v − low) / (high − low)), cut to 0 … 255.
 *
 * @param range values that become black and white; [−1, 1] by default, [0, 255] for bytes and int32 tensors.
 * @throws RangeError when the shape is no batch of grey or RGB images.
 */
export function toPixels(images: Images, range?: readonly [number, number]): PixelImages {
  const { values, shape, natural } = isTensor(images) ? fromTensor(images) : fromBytes(images);
  const [count, height, width, channels] = shape;
  const [low, high] = range ?? natural;
  if (!(high > low)) throw new RangeError(`the range [${low}, ${high}] is empty; give low < high`);
  const rgb = new Uint8Array(count * height * width * 3);
  let nonFinite = 0;
  for (let pixel = 0; pixel < count * height * width; pixel++) {
    for (let c = 0; c < 3; c++) {
      const value = values[pixel * channels + (channels === 1 ? 0 : c)];
      if (Number.isFinite(value)) {
        rgb[3 * pixel + c] = Math.min(255, Math.max(0, Math.round((255 * (value - low)) / (high - low))));
      } else {
        nonFinite++;
        rgb.set([255, 0, 255], 3 * pixel);
        break;
      }
    }
  }
  return { count, height, width, rgb, nonFinite };
}

interface Source {
  values: ArrayLike<number>;
  shape: readonly number[];
  natural: readonly [number, number];
}

function fromTensor(tensor: TensorLike): Source {
  const shape = tensor.shape.length === 3 ? [1, ...tensor.shape] : tensor.shape;
  if (shape.length !== 4 || (shape[3] !== 1 && shape[3] !== 3) || shape.some((size) => size < 1)) {
    throw new RangeError(
      `a tensor of shape [${tensor.shape.join(", ")}] is no batch of images; give [n, height, width, 1 or 3] with n ≥ 1`,
    );
  }
  return { values: tensorValues(tensor), shape, natural: tensor.dtype === "int32" ? [0, 255] : [-1, 1] };
}

function fromBytes(given: ByteImages): Source {
  const { images, height, width, channels } = (given ?? {}) as Partial<ByteImages>;
  if (!ArrayBuffer.isView(images) || height === undefined || width === undefined || channels === undefined) {
    throw new TypeError(
      `images are a tensor [n, height, width, 1 or 3] or bytes, { images, height, width, channels }, got ${described(given)}`,
    );
  }
  const count = images.length / (height * width * channels);
  if (!Number.isInteger(count) || count < 1 || (channels !== 1 && channels !== 3)) {
    const size = `${height}×${width}×${channels}`;
    throw new RangeError(`${images.length} bytes are no whole number ≥ 1 of ${size} images (1 or 3 channels)`);
  }
  return { values: images, shape: [count, height, width, channels], natural: [0, 255] };
}
