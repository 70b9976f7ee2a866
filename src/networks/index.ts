/** The networks, and what can be said of one without training it. */
export * from "./unet/unet-config.js";
export * from "./unet/unet-blocks.js";
export * from "./unet/unet.js";
export * from "./unet/unet-condition-config.js";
export * from "./unet/unet-condition.js";
export * from "./classifier.js";
export * from "./dit/dit-block.js";
export * from "./dit/dit.js";
export * from "./uvit/uvit-block.js";
export * from "./uvit/uvit.js";
export * from "./point-mlp.js";
export * from "./former-names.js";
export * from "./registry.js";
export * from "./describe-network.js";
export * from "./receptive-field.js";
export { ConvVae, type LatentGaussian } from "./vae/conv-vae.js";
export { convVaeDefaults, type ConvVaeConfig, type LikelihoodName } from "./vae/conv-vae-config.js";
