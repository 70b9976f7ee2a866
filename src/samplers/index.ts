export * from "./sampler.js";
export { timeGrid, type Spacing, type TimeGridOptions } from "./time-grid.js";
export { march, type Advance, type StepRule } from "./march.js";
export { ddpm, type DdpmOptions } from "./ddpm.js";
export { ddim, type DdimOptions } from "./ddim.js";
export { normalNoise, type NormalNoiseOptions } from "./noise-source.js";
export { sample, type SampleOptions } from "./sample.js";
