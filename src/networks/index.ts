/** The networks, and what can be said of one without training it. */
export {
  unet2dConfig,
  unet2dDefaults,
  type DownBlockType,
  type UNet2DConfig,
  type UpBlockType,
} from "./unet/unet-config.js";
export { smallUnetConfig } from "./unet/small-unet.js";
export { UNet2D } from "./unet/unet.js";
export {
  unet2dConditionConfig,
  unet2dConditionDefaults,
  type ConditionDownBlockType,
  type ConditionUpBlockType,
  type PerLevel,
  type UNet2DConditionConfig,
} from "./unet/unet-condition-config.js";
export { UNet2DCondition } from "./unet/unet-condition.js";
export { Classifier, classifierDefaults, type ClassifierConfig } from "./classifier.js";
export {
  DigitDetector,
  digitDetectorDefaults,
  type DetectorLogits,
  type DigitDetectorConfig,
} from "./digit-detector.js";
export { modulate } from "./dit/dit-block.js";
export { DiT, ditDefaults, type DiTConfig } from "./dit/dit.js";
export { UVit, uvitDefaults, type UVitConfig } from "./uvit/uvit.js";
export { PointMlp, pointMlpDefaults, type PointMlpConfig } from "./point-mlp.js";
export {
  networkClasses,
  networkClassNamed,
  networkClassOf,
  type Library,
  type NetworkClass,
  type NetworkClassName,
  type NetworksByClass,
  type StoredNetwork,
} from "./registry.js";
export {
  describeNetwork,
  type BlockDescription,
  type DescribableNetwork,
  type NetworkDescription,
} from "./describe-network.js";
export { fieldExtent, receptiveField, type ReceptiveFieldOptions } from "./receptive-field.js";
export { latentKl, reparameterise, type LatentGaussian } from "./latent-gaussian.js";
export type { LikelihoodName, VaeNetwork } from "./vae/vae-network.js";
export { AutoencoderKL, type LatentMoments, type TilingOptions } from "./autoencoder-kl/autoencoder-kl.js";
export {
  autoencoderKLDefaults,
  type AutoencoderKLConfig,
  type DecoderBlockType,
  type EncoderBlockType,
} from "./autoencoder-kl/autoencoder-kl-config.js";
export { ConvVae } from "./vae/conv-vae.js";
export { convVaeDefaults, type ConvVaeConfig } from "./vae/conv-vae-config.js";
export { MlpVae } from "./vae/mlp-vae.js";
export { mlpVaeDefaults, type MlpVaeConfig } from "./vae/mlp-vae-config.js";
export type { InvertibleNetwork, FlowLatents } from "./flow/invertible-network.js";
export type { Bijection, Transformed } from "./flow/bijection.js";
export { ActNorm } from "./flow/actnorm.js";
export { AffineCoupling, type AffineCouplingOptions, type Conditioner } from "./flow/affine-coupling.js";
export { InvertibleConvolution } from "./flow/invertible-convolution.js";
export { Glow } from "./flow/glow.js";
export { glowDefaults, type GlowConfig } from "./flow/glow-config.js";
export { RealNvp, realNvpDefaults, type RealNvpConfig } from "./flow/real-nvp.js";
export {
  dcganDiscriminatorDefaults,
  dcganGeneratorDefaults,
  type DcganDiscriminatorConfig,
  type DcganGeneratorConfig,
} from "./gan/dcgan-config.js";
export { DcganDiscriminator } from "./gan/dcgan-discriminator.js";
export { DcganGenerator } from "./gan/dcgan-generator.js";
export {
  MlpDiscriminator,
  mlpDiscriminatorDefaults,
  MlpGenerator,
  mlpGeneratorDefaults,
  type MlpDiscriminatorConfig,
  type MlpGeneratorConfig,
} from "./gan/mlp-players.js";
export type { DiscriminatorNetwork, GeneratorNetwork } from "./gan/players.js";
export {
  clipDefaults,
  clipTextDefaults,
  clipVisionDefaults,
  type ClipConfig,
  type ClipTextConfig,
  type ClipTowerConfig,
  type ClipVisionConfig,
  type GivenClipConfig,
} from "./clip/clip-config.js";
export {
  ClipTextModel,
  ClipTextModelWithProjection,
  type ClipTextEmbedding,
  type ClipTextOptions,
  type ClipTextOutput,
} from "./clip/clip-text.js";
export {
  ClipVisionModel,
  ClipVisionModelWithProjection,
  type ClipVisionEmbedding,
  type ClipVisionOutput,
} from "./clip/clip-vision.js";
export { ClipModel, contrastiveLoss } from "./clip/clip-model.js";
