/** Optimisers: values that a phase of a training carries. */
export { adam, adamW, type AdamOptions, type AdamWOptions } from "./adamw.js";
export type { Optimiser, OptimiserInput, OptimiserOutput } from "./optimiser.js";
export { sgd, type SgdOptions } from "./sgd.js";
