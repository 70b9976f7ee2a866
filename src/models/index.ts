export * from "./unet-config.js";
export * from "./unet-blocks.js";
export * from "./unet.js";
export * from "./unet-condition-config.js";
export * from "./unet-condition.js";
export * from "./classifier.js";
export * from "./point-mlp.js";
export * from "./diffusers.js";
