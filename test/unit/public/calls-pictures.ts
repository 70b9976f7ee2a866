/** Valid calls of data, text, metrics, charts and cells that take no options. Files go to the working folder. */
import * as tf from "../../../src/runtime/tf.js";
import {
  CaptionedDigits,
  Classifier,
  drawing,
  featureSet,
  fitGaussian,
  imageDataset,
  imageGrid,
  lineChart,
  loadEmoji,
  Normaliser,
  obedience,
  trainTokenizer,
  writeSafetensors,
  writeShardedSafetensors,
  SafetensorsFile,
  ShardedSafetensors,
} from "../../../src/index.js";
import { Formula, LiveLoss, Progress, seal } from "../../../src/notebook/index.js";
import { join } from "node:path";
import { axis, images, stream, z, type Calls } from "./things.js";

const features = featureSet(Float32Array.from({ length: 24 }, (_, i) => Math.sin(i * i)));
const others = featureSet(Float32Array.from({ length: 24 }, (_, i) => Math.cos(i * i + 1)));
const gaussian = fitGaussian(features);
const figure = lineChart({ x: axis, y: axis, series: [{ name: "a", y: [1, 2, 3] }] });
const bitmap = { width: 2, height: 2, channels: 1 as const, data: new Uint8Array(4) };
const { png } = imageGrid(images);
const digits = new CaptionedDigits({ split: "heldOut" });
const composition = digits.composition(0);
const dataset = imageDataset({
  name: "tiny",
  images: new Uint8Array(8),
  labels: Uint8Array.of(0, 1),
  height: 2,
  width: 2,
  channels: 1,
  classes: ["a", "b"],
});
const classifier = new Classifier({ height: 8, width: 8, channels: [8, 8, 8], features: 4, classes: 3 });
const tokenizer = trainTokenizer(["a cat"], { size: 514 });
const [emoji] = loadEmoji({ styles: ["noto"], folder: join(import.meta.dirname, "../../../datasets/emoji") }).pictures;
const idx = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 5, 6);
const entry = ["a", { shape: [1], values: new Float32Array(1) }] as const;
const one = () => {
  writeSafetensors("one.safetensors", [entry]);
  return "one.safetensors";
};
const sharded = () => {
  writeShardedSafetensors("several.safetensors", [entry], { maxBytes: 1000 });
  return "several.safetensors.index.json";
};
const picture = drawing(20, 20, () => undefined, "");

const files: Calls = {
  encodePng: () => [bitmap],
  pngSize: () => [png],
  SafetensorsFile: () => [one()],
  "SafetensorsFile.read": () => [new SafetensorsFile(one()), "a"],
  readSafetensors: () => [one(), (file: SafetensorsFile) => file.path],
  ShardedSafetensors: () => [sharded()],
  "ShardedSafetensors.read": () => [new ShardedSafetensors(sharded()), "a"],
};

const data: Calls = {
  classCounts: () => [dataset],
  gatherImages: () => [dataset, [0, 1], new Normaliser()],
  gatherLabels: () => [dataset, [0, 1]],
  imageDataset: () => [
    {
      name: "a",
      images: new Uint8Array(4),
      labels: Uint8Array.of(0),
      height: 2,
      width: 2,
      channels: 1,
      classes: ["a"],
    },
  ],
  indicesOfClasses: () => [dataset, [0]],
  subset: () => [dataset, [0], "part"],
  firstImages: () => [dataset, 1],
  "Normaliser.encode": () => [new Normaliser(), new Uint8Array(4)],
  "Normaliser.decode": () => [new Normaliser(), new Float32Array(4)],
  loadDigits: () => [{ split: "heldOut" }],
  parseIdx: () => [idx, "bytes.idx"],
  DownloadError: () => ["file", ["refused"], "try again"],
  emojiCaption: () => [emoji, "en"],
  "CaptionedDigits.composition": () => [digits, 0],
  "CaptionedDigits.compositions": () => [digits, [0]],
  "CaptionedDigits.pictures": () => [digits, [0]],
  "CaptionedDigits.paint": () => [digits, [composition], [0]],
  "CaptionedDigits.captions": () => [digits, [0], 0],
  captionOf: () => [composition, stream, "en"],
  requireComposition: () => [composition],
  withColoursSwapped: () => [composition],
  ClipTokenizer: () => [tokenizer.vocabulary],
  "ClipTokenizer.tokensOf": () => [tokenizer, "a cat"],
  "ClipTokenizer.withTokens": () => [tokenizer, ["<cat>"]],
};

const metrics: Calls = {
  selectFeatures: () => [features, [0, 1]],
  frechetDistance: () => [gaussian, gaussian],
  frechetFeatureDistance: () => [features, features],
  look: () => [classifier, tf.zeros([2, 8, 8, 1])],
  medianDistance: () => [features, features],
  wassersteinDistance: () => [[1, 2], [2, 3], 1],
  histogramSpread: () => [[1, 2]],
  recognise: () => [featureSet(Float32Array.of(0.5, 0.5), 2), 0.5],
  mapCorrelation: () => [tf.randomNormal([2, 4, 4, 2], 0, 1, "float32", 1), 0, 1],
  nearestDistances: () => [features, features],
  neighbourRadii: () => [features, 2],
  memorising: () => [features, features, others],
  peakSignalToNoise: () => [0.1],
  squaredErrors: () => [z, z],
  wilsonInterval: () => [1, 2],
  rankCorrelation: () => [
    [1, 2, 3],
    [2, 3, 5],
  ],
  obedience: () => [[composition], [composition]],
  colourBinding: () => [[composition], [composition], [composition], [composition]],
  obedienceTable: () => [[{ pictures: "real", found: obedience([composition], [composition]) }], "text"],
  shareWithInterval: () => [{ right: 1, of: 2 }],
};

const charts: Calls = {
  isFigure: () => [figure],
  isPicture: () => [picture],
  runningMean: () => [[1, 2], 0.5],
  overlay: () => [figure, figure],
  drawing: () => [20, 20, () => undefined, "a square"],
  figureSize: () => [figure],
  figureToSvg: () => [figure],
};

const cells: Calls = {
  show: () => [figure],
  Progress: () => [[1, 2], 2, "a"],
  "Progress.tick": () => [new Progress([1], 1, "a"), 1, "note"],
  "Progress.onStep": () => [new Progress([1], 1, "a"), { loss: 1 }],
  live: () => [() => figure],
  Live: () => [() => figure, () => figure],
  "LiveLoss.onStep": () => [new LiveLoss({}), { step: 1, loss: 1 }],
  "LiveLoss.samples": () => [new LiveLoss({}), picture],
  "Formula.evaluate": () => [new Formula("a", {}), { a: 1 }],
  "Formula.compare": () => [new Formula("a", {}), 1, { a: 1 }, 1e-6],
  check: () => ["1.1", 2, 2, "think"],
  seal: () => ["1.1", "a"],
  sealed: () => ["1.1", seal("1.1", "a")],
  Table: () => [["a"], [[1]], 2],
  Widget: () => [{ describe: "a", state: {}, raw: 1, decode: (raw: unknown) => raw, onChange: undefined }],
};

export const calls: Calls = { ...files, ...data, ...metrics, ...charts, ...cells };
