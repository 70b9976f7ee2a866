/** Feature maps and attention as pictures. */
import { requireLike, requireNumbers } from "../base/values.js";
import { requireKnownKeys, requireKeys } from "../base/check.js";
import { rgb } from "d3";
import { featureSet, fitGaussian } from "../metrics/index.js";
import { symmetricEigen } from "../numeric/index.js";
import { tensorValues, type TensorLike } from "./numbers.js";
import { toPixels, type ByteImages, type Images } from "./pixels.js";
import { palette } from "./style.js";

/** Standard deviations from grey to full colour. */
const RANGE = 2.5;

/**
 * The channels of one feature map as grey images, each on its own scale: black for the most negative, white for the most
 * positive number of that channel, mid-grey for 0.
 *
 * @param map [1, H, W, C]
 * @param options.count how many; default all
 * @returns images in the order of the channels
 * @throws RangeError when the shape is another
 */
export function channelImages(map: TensorLike, options: { count?: number } = {}): ByteImages {
  requireLike("map", map, ["shape", "dataSync"], "a tensor");
  requireKnownKeys("channelImages", options, { count: "a number" });
  const { count } = options;
  const [n, height, width, channels] = requireMap(map);
  if (n !== 1) throw new RangeError(`channels are shown of one example, got ${n}: take one with tf.slice`);
  const shown = Math.min(count ?? channels, channels);
  const values = tensorValues(map);
  const pixels = height * width;
  const images = new Uint8Array(shown * pixels);
  for (let c = 0; c < shown; c++) {
    let most = 1e-12;
    for (let i = 0; i < pixels; i++) most = Math.max(most, Math.abs(values[i * channels + c]));
    for (let i = 0; i < pixels; i++)
      images[c * pixels + i] = Math.round(127.5 + (127.5 * values[i * channels + c]) / most);
  }
  return { images, height, width, channels: 1 };
}

/**
 * A feature map in three colours: every pixel's channels projected on the three directions in which they vary most over
 * the batch (principal components), as red, green and blue. Colours mean nothing by themselves; pixels of like colour
 * have like features, within an image and between images of the batch.
 *
 * @param map [N, H, W, C] with C ≥ 3
 * @param options.size height and width of the images, multiples of the map's; default those of the map
 * @throws RangeError when the shape is another, or a value is not finite
 */
export function principalColours(map: TensorLike, options: { size?: readonly [number, number] } = {}): ByteImages {
  requireLike("map", map, ["shape", "dataSync"], "a tensor");
  requireKnownKeys("principalColours", options, { size: "a list" });
  const { size } = options;
  if (size !== undefined) requireNumbers("size", size);
  const [n, height, width, channels] = requireMap(map);
  if (channels < 3)
    throw new RangeError(`three colours need at least 3 channels, got ${channels}: show them with channelImages`);
  const features = featureSet(Float32Array.from(tensorValues(map)), channels);
  const { mean, covariance } = fitGaussian(features);
  const { values, vectors } = symmetricEigen(Float64Array.from(covariance), channels);
  const small = new Uint8Array(n * height * width * 3);
  for (let k = 0; k < 3; k++) {
    const component = channels - 1 - k;
    const direction = upright(vectors.subarray(component * channels, (component + 1) * channels));
    const scale = 127.5 / (RANGE * Math.sqrt(Math.max(values[component], 1e-24)));
    for (let i = 0; i < n * height * width; i++) {
      let along = 0;
      for (let c = 0; c < channels; c++) along += (features.values[i * channels + c] - mean[c]) * direction[c];
      small[3 * i + k] = Math.min(255, Math.max(0, Math.round(127.5 + scale * along)));
    }
  }
  return enlarged({ images: small, height, width, channels: 3 }, size ?? [height, width]);
}

/** An eigenvector has no sign of its own: its largest entry is made positive. */
function upright(vector: Float64Array): Float64Array {
  const largest = vector.reduce((best, v) => (Math.abs(v) > Math.abs(best) ? v : best), 0);
  return largest < 0 ? vector.map((v) => -v) : vector;
}

export interface AttentionOverlayOptions {
  /** Row and column, on the attention's own grid, of the pixel that looks. */
  readonly query: readonly [number, number];
  /** Picture pixels for each pixel of the image, default 2. */
  readonly scale?: number;
}

/**
 * Where a pixel looks: each image in grey, the more orange the more weight the place has (the heaviest is full orange),
 * and a blue frame around the pixel that looks.
 *
 * @param images n images, or one under all the maps
 * @param weights [n, h, w]: the attention of the query to each place of a grid that divides the images
 * @throws RangeError when numbers or sizes do not fit
 */
export function attentionOverlay(images: Images, weights: TensorLike, options: AttentionOverlayOptions): ByteImages {
  requireLike("weights", weights, ["shape", "dataSync"], "a tensor");
  requireKnownKeys("attentionOverlay", options, { query: "a list", scale: "a number" });
  requireKeys("attentionOverlay", options, ["query"]);
  requireNumbers("query", options.query);
  const {
    query: [row, column],
    scale = 2,
  } = options;
  const ground = toPixels(images);
  const [n, rows, columns] = weights.shape;
  if (weights.shape.length !== 3 || weights.shape.includes(0) || (ground.count !== 1 && ground.count !== n)) {
    throw new RangeError(
      `weights of shape [${weights.shape}] do not fit ${ground.count} images: give [n, h, w] for n of them or one`,
    );
  }
  if (!(row >= 0 && row < rows && column >= 0 && column < columns)) {
    throw new RangeError(`the query [${row}, ${column}] lies outside the grid of ${rows} × ${columns}`);
  }
  const [height, width] = [ground.height * scale, ground.width * scale];
  const [cellHeight, cellWidth] = [wholeCells(height, rows), wholeCells(width, columns)];
  const [heat, frame] = [palette[1], palette[5]].map((colour) => rgb(colour));
  const values = tensorValues(weights);
  const out = new Uint8Array(n * height * width * 3);
  for (let k = 0; k < n; k++) {
    const map = Array.from({ length: rows * columns }, (_, i) => values[k * rows * columns + i]);
    const most = Math.max(...map);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const [r, c] = [Math.floor(y / cellHeight), Math.floor(x / cellWidth)];
        const at =
          ((ground.count === 1 ? 0 : k) * ground.height + Math.floor(y / scale)) * ground.width + Math.floor(x / scale);
        const edge =
          y % cellHeight < 2 || x % cellWidth < 2 || y % cellHeight >= cellHeight - 2 || x % cellWidth >= cellWidth - 2;
        const looks = r === row && c === column && edge;
        const share = looks ? 1 : 0.85 * (map[r * columns + c] / most);
        const colour = looks ? frame : heat;
        [colour.r, colour.g, colour.b].forEach((v, i) => {
          out[3 * ((k * height + y) * width + x) + i] = Math.round((1 - share) * ground.rgb[3 * at + i] + share * v);
        });
      }
    }
  }
  return { images: out, height, width, channels: 3 };
}

function wholeCells(length: number, cells: number): number {
  if (length % cells !== 0)
    throw new RangeError(`${cells} places do not divide ${length} picture pixels: choose a scale that they divide`);
  return length / cells;
}

function requireMap({ shape }: TensorLike): readonly number[] {
  if (shape.length !== 4 || shape.some((size) => size < 1)) {
    throw new RangeError(`a feature map has shape [n, height, width, channels], got [${shape}]`);
  }
  return shape;
}

function enlarged(
  { images, height, width, channels }: ByteImages,
  [tall, wide]: readonly [number, number],
): ByteImages {
  if (tall % height !== 0 || wide % width !== 0) {
    throw new RangeError(`a map of ${height} × ${width} cannot be enlarged by whole pixels to ${tall} × ${wide}`);
  }
  if (tall === height && wide === width) return { images, height, width, channels };
  const count = images.length / (height * width * channels);
  const out = new Uint8Array(count * tall * wide * channels);
  for (let i = 0; i < count * tall * wide; i++) {
    const [k, y, x] = [Math.floor(i / (tall * wide)), Math.floor((i % (tall * wide)) / wide), i % wide];
    const from = (k * height + Math.floor((y * height) / tall)) * width + Math.floor((x * width) / wide);
    out.set(images.subarray(from * channels, (from + 1) * channels), i * channels);
  }
  return { images: out, height: tall, width: wide, channels };
}
