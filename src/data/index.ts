/** Data sets: digits, points in the plane, your own. */
export {
  type ImageDataset,
  type ImageDatasetParts,
  classCounts,
  gatherImages,
  gatherLabels,
  imageDataset,
  indicesOfClasses,
  subset,
} from "./dataset.js";
export { Normaliser, type NormaliserOptions } from "./normaliser.js";
export { type LoadDigitsOptions, loadDigits } from "./digits.js";
export {
  type IdxArray,
  IdxError,
  type LoadIdxOptions,
  type ReadIdxOptions,
  loadIdxDataset,
  parseIdx,
  readIdx,
} from "./idx.js";
export { DownloadError, type DownloadOptions, type DownloadProgress, download, isDownloaded } from "./download.js";
export { type FetchDatasetOptions, type FetchableDataset, datasetDirectory, fetchDataset } from "./fetch.js";
export {
  type CheckerboardOptions,
  type CurveOptions,
  type GaussianModes,
  type RingOptions,
  checkerboard,
  checkerboardDensity,
  moons,
  moonsDensity,
  ringModes,
  ringOfGaussians,
  ringOfGaussiansDensity,
  swissRoll,
  swissRollDensity,
} from "./points.js";
