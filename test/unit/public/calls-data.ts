/** Valid calls of what loads data, compares and draws, and of what cells are written with. Files go to the working folder. */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as tf from "../../../src/runtime/tf.js";
import {
  describeNetwork,
  drawing,
  featureSet,
  imageGrid,
  lineChart,
  ringModes,
  trainTokenizer,
  type Pen,
} from "../../../src/index.js";
import { Formula } from "../../../src/notebook/index.js";
import { axis, images, network, stream, type Calls } from "./things.js";

const features = featureSet(Float32Array.from({ length: 24 }, (_, i) => Math.sin(i * i)));
const spread = { ...axis, range: [0, 1] } as const;
const series = [{ name: "a", y: [1, 2, 3] }];
const figure = lineChart({ x: axis, y: axis, series });
const map = tf.randomUniform([1, 4, 4, 4], -1, 1, "float32", 2);
const description = describeNetwork(network, images, tf.tensor1d([1, 2, 3, 4]));

/** A pen to draw with, as a drawing lends it. */
const pen = (): Pen => {
  let lent: Pen | undefined;
  drawing(20, 20, (given) => (lent = given), "");
  return lent!;
};

/** An IDX file of bytes: type 8, so many dimensions, their sizes. */
function idx(path: string, sizes: readonly number[]): string {
  const header = [0, 0, 8, sizes.length, ...sizes.flatMap((size) => [0, 0, 0, size])];
  writeFileSync(path, Uint8Array.from([...header, ...new Uint8Array(sizes.reduce((a, b) => a * b, 1))]));
  return path;
}

const { png } = imageGrid(images);
const fixture = join(import.meta.dirname, "../../parity/pictures/fixtures/pictures.json");
const { jpegs } = JSON.parse(readFileSync(fixture, "utf8")) as { jpegs: { file: string }[] };

/** A folder with one picture. */
function pictures(): string {
  mkdirSync("pictures", { recursive: true });
  writeFileSync(join("pictures", "one.png"), png);
  return "pictures";
}

/** A file that is there already is not downloaded. */
function downloaded() {
  const bytes = Buffer.from("there");
  writeFileSync("there", bytes);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { urls: [], path: "there", bytes: bytes.length, sha256 };
}

const tokenizer = trainTokenizer(["a cat"], { size: 514 });

export const calls: Calls = {
  trainTokenizer: () => [["a cat"], { size: 514 }],
  openAiTokenizer: () => [{ pad: "!" }],
  "ClipTokenizer.encode": () => [tokenizer, "a cat", { length: 5 }],
  "ClipTokenizer.decode": () => [tokenizer, [64], { special: true }],
  Normaliser: () => [{ low: 0 }],
  readIdx: () => [idx("images.idx", [1, 2, 2]), { maximumBytes: 100 }],
  loadIdxDataset: () => [
    { name: "tiny", images: idx("images.idx", [1, 2, 2]), labels: idx("labels.idx", [1]), classes: ["a"] },
  ],
  download: () => [downloaded()],
  fetchDataset: () => ["mnist", { signal: AbortSignal.abort(new Error("not now")) }],
  loadImageFolder: () => [pictures(), { size: 8 }],
  decodePng: () => [png, { maximumPixels: 1e6 }],
  decodePicture: () => [png, { maximumPixels: 1e6 }],
  decodeJpeg: () => [Buffer.from(jpegs[0].file, "base64"), { maximumPixels: 1e6 }],
  fitBitmap: () => [
    { width: 4, height: 4, channels: 1, data: new Uint8Array(16) },
    { height: 2, width: 2 },
  ],
  loadEmoji: () => [{ styles: ["noto"], folder: join(import.meta.dirname, "../../../datasets/emoji") }],
  CaptionedDigits: () => [{ split: "heldOut" }],
  moons: () => [2, stream, { noise: 0.1 }],
  moonsDensity: () => [0, 0, { noise: 0.1 }],
  swissRoll: () => [2, stream, { noise: 0.1 }],
  swissRollDensity: () => [0, 0, { noise: 0.1 }],
  checkerboard: () => [2, stream, { fields: 4 }],
  checkerboardDensity: () => [0, 0, { fields: 4 }],
  ringModes: () => [{ modes: 5 }],
  ringOfGaussians: () => [2, stream, { modes: 5 }],
  ringOfGaussiansDensity: () => [0, 0, { modes: 5 }],
  gridModes: () => [{ side: 3 }],
  gridOfGaussians: () => [2, stream, { side: 3 }],
  gridOfGaussiansDensity: () => [0, 0, { side: 3 }],
  drawModes: () => [2, stream, ringModes()],
  modesDensity: () => [0, 0, ringModes()],

  maximumMeanDiscrepancy: () => [features, features, { bandwidth: 1 }],
  slicedWasserstein: () => [features, features, stream, { projections: 2 }],
  modeCoverage: () => [features, ringModes(), { within: 3 }],
  realVersusReal: () => [features, () => 0, stream, { repeats: 2 }],
  precisionRecall: () => [features, features, { neighbours: 2 }],
  lostDetail: () => [tf.randomNormal([2, 8, 8, 1]), tf.slice(images, 0, 2), { bands: [1] }],
  highFrequencyShare: () => [images, { above: 0.5 }],
  bootstrapInterval: () => [[1, 2, 3], () => 0, stream, { repeats: 10 }],
  fitGaussian: () => [features],
  featuresOf: () => [images],
  featureSet: () => [new Float32Array(4), 2],

  lineChart: () => [{ x: axis, y: axis, series }],
  barChart: () => [{ categories: ["a"], x: axis, y: axis, series: [{ name: "b", values: [1] }] }],
  lossChart: () => [{ loss: [3, 2, 1] }],
  scatterChart: () => [{ clouds: [{ name: "a", points: [[0, 1]] }] }],
  histogramChart: () => [{ x: axis, series: [{ name: "a", values: [1, 2, 3] }] }],
  fieldChart: () => [{ x: spread, y: spread, colour: axis, values: [1, 2, 3, 4], columns: 2 }],
  vectorFieldChart: () => [{ x: spread, y: spread, name: "a", at: () => [1, 1] }],
  sideBySide: () => [[figure], { columns: 1 }],
  imageGrid: () => [images, { columns: 2 }],
  filmStrip: () => [[images], { scale: 1 }],
  chainDiagram: () => [{ width: 300 }],
  architectureDiagram: () => [description, { width: 600 }],
  channelImages: () => [map, { count: 2 }],
  principalColours: () => [map, { size: [4, 4] }],
  attentionOverlay: () => [tf.slice(images, 0, 1), tf.softmax(tf.zeros([1, 8, 8])), { scale: 2, query: [0, 0] }],
  svgToPng: () => ["<svg xmlns='http://www.w3.org/2000/svg' width='2' height='2'/>", { scale: 1 }],
  figureToPng: () => [figure, { scale: 1 }],
  mathText: () => [pen(), "x_0", 0, 0, { size: 12 }],
  arrow: () => [pen(), [0, 0], [9, 9], { dashed: true }],

  progress: () => [2, { label: "a" }],
  liveLoss: () => [{ steps: 2 }],
  LiveLoss: () => [{ steps: 2 }],
  formula: () => ["a + b", { symbols: {} }],
  Formula: () => ["a + b", { symbols: {} }],
  "Formula.agrees": () => [new Formula("a", {}), 1, { a: 1 }, { tolerance: 1e-6 }],
  table: () => [[{ a: 1 }], { digits: 2 }],
  slider: () => [{ min: 0, max: 2 }],
  play: () => [{ min: 0, max: 2 }],
  select: () => [{ options: ["a", "b"] }],
};
