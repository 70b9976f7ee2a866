export { type SymmetricEigen, symmetricEigen, symmetricSqrt } from "./symmetric.js";
export { dormandPrince, type AdaptiveOptions, type AdaptiveStep, type Derivative } from "./dormand-prince.js";
