/** Data sets: digits, points in the plane, folders of pictures. */
export {
  classCounts,
  gatherImages,
  gatherLabels,
  imageDataset,
  indicesOfClasses,
  subset,
  type ImageDataset,
  type ImageDatasetParts,
} from "./dataset.js";
export {
  loadImageFolder,
  type ImageFolder,
  type ImageFolderOptions,
  type ImageFolderProgress,
  type SkippedFile,
} from "./image-folder.js";
export { fitBitmap, type FitOptions, type ResizeFilter } from "./resize.js";
export { Normaliser, type NormaliserOptions } from "./normaliser.js";
export { loadDigits, type LoadDigitsOptions } from "./digits.js";
export {
  IdxError,
  loadIdxDataset,
  parseIdx,
  readIdx,
  type IdxArray,
  type LoadIdxOptions,
  type ReadIdxOptions,
} from "./idx.js";
export { download, DownloadError, type DownloadOptions, type DownloadProgress } from "./download.js";
export {
  emojiCaption,
  emojiStyles,
  loadEmoji,
  type EmojiPicture,
  type EmojiSet,
  type EmojiStyle,
  type LoadEmojiOptions,
} from "./emoji.js";
export { datasetDirectory, fetchDataset, type FetchableDataset, type FetchDatasetOptions } from "./fetch.js";
export {
  checkerboard,
  checkerboardDensity,
  moons,
  moonsDensity,
  swissRoll,
  swissRollDensity,
  type CheckerboardOptions,
  type CurveOptions,
} from "./points.js";
export {
  drawModes,
  gridModes,
  gridOfGaussians,
  gridOfGaussiansDensity,
  modesDensity,
  ringModes,
  ringOfGaussians,
  ringOfGaussiansDensity,
  type GaussianModes,
  type ModeGridOptions,
  type RingOptions,
} from "./gaussian-modes.js";
export {
  CaptionedDigits,
  captionLanguages,
  captionOf,
  digitColours,
  digitSizes,
  groundColours,
  heldOutColourPlaces,
  heldOutDigitColours,
  digitPlaces,
  requireComposition,
  type CaptionedDigitsOptions,
  type CaptionLanguage,
  type Composition,
  type DigitColour,
  type DigitSize,
  type GroundColour,
  type PairChoice,
  type DigitPlace,
  type PlacedDigit,
} from "./captioned-digits/index.js";
