/** Numerical methods that know nothing of diffusion. */
export {
  bitsPerDimension,
  densityBits,
  discretizedLogLikelihood,
  gaussianKl,
  type DiscretizedOptions,
} from "./gaussian.js";
export { type SymmetricEigen, symmetricEigen, symmetricSqrt } from "./symmetric.js";
export { dormandPrince, type AdaptiveOptions, type AdaptiveStep, type Derivative } from "./dormand-prince.js";
export { logMeanExp } from "./log-mean-exp.js";
