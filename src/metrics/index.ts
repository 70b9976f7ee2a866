export { type FeatureSet, featureSet, featuresOf, selectFeatures } from "./features.js";
export { type SymmetricEigen, symmetricEigen, symmetricSqrt } from "./symmetric.js";
export { type FittedGaussian, fitGaussian, frechetDistance, frechetFeatureDistance } from "./frechet.js";
export { type MmdOptions, maximumMeanDiscrepancy, medianDistance } from "./mmd.js";
export { type SlicedWassersteinOptions, slicedWasserstein, wassersteinDistance } from "./wasserstein.js";
export { type Spread, histogramSpread } from "./histogram.js";
export { type Recognition, recognise } from "./recognition.js";
export { type ModeCentres, type ModeCoverage, type ModeCoverageOptions, modeCoverage } from "./modes.js";
export { type Floor, type FloorOptions, realVersusReal } from "./floor.js";
