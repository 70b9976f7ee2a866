/** Distances between samples and data, and what goes with them. */
export { type FeatureSet, featureSet, featuresOf, selectFeatures } from "./features.js";
export { type FittedGaussian, fitGaussian, frechetDistance, frechetFeatureDistance } from "./frechet.js";
export { firstImages, look, type Seen } from "./judge.js";
export { type MmdOptions, maximumMeanDiscrepancy, medianDistance } from "./mmd.js";
export { type SlicedWassersteinOptions, slicedWasserstein, wassersteinDistance } from "./wasserstein.js";
export { type Spread, histogramSpread } from "./histogram.js";
export { noiseErrors } from "./noise-errors.js";
export { type Recognition, recognise } from "./recognition.js";
export { type ModeCentres, type ModeCoverage, type ModeCoverageOptions, modeCoverage } from "./modes.js";
export { type Floor, type FloorOptions, realVersusReal } from "./floor.js";
export { mapCorrelation } from "./map-correlation.js";
export { nearestDistances, neighbourRadii } from "./neighbours.js";
export { type PrecisionRecall, type PrecisionRecallOptions, precisionRecall } from "./precision-recall.js";
export { type Memorising, memorising } from "./memorising.js";
export { type HighFrequencyOptions, highFrequencyShare } from "./blur.js";
export {
  type DetailBand,
  type LostDetailOptions,
  lostDetail,
  peakSignalToNoise,
  squaredErrors,
} from "./reconstruction.js";
export { type BootstrapOptions, bootstrapInterval, type Interval, wilsonInterval } from "./intervals.js";
export { rankCorrelation } from "./correlation.js";
export { colourBinding, obedience, withColoursSwapped, type ShareCount, type Obedience } from "./obedience.js";
export { obedienceTable, shareWithInterval, type ObedienceRow } from "./obedience-table.js";
