/** The layers networks are built from, their parameters, and the file of weights. */
export { ParameterView, type Parameter, type ParameterKind } from "./parameter-view.js";
export { Parameters, ParameterScope, type NetworkOptions } from "./parameters.js";
export {
  fanInUniform,
  normalStart,
  ones,
  torchStart,
  xavierStart,
  zeros,
  zeroStart,
  type DenseStart,
  type Initializer,
} from "./initialisers.js";
export {
  conditionPlan,
  labelInput,
  requireCondition,
  tokensInput,
  type Condition,
  type ConditionInput,
  type ConditionPlan,
} from "./condition.js";
export {
  countMultiplyAdds,
  lookAtWeights,
  part,
  probe,
  Probe,
  type Part,
  type PartKind,
  type ProbeOptions,
} from "./probe.js";
export {
  activation,
  activationNames,
  gelu,
  geluTanh,
  leakyRelu,
  mish,
  quickGelu,
  silu,
  type ActivationName,
} from "./activations.js";
export type { SaveTensors } from "./fast-gradient.js";
export { Dense, type DenseOptions } from "./dense.js";
export { Conv2d, type Conv2dOptions } from "./conv.js";
export { ConvTranspose2d, type ConvTranspose2dOptions } from "./conv-transpose.js";
export type { WeightNorm } from "./spectral-norm.js";
export { stopGradient } from "./stop-gradient.js";
export { GroupNorm, type GroupNormOptions } from "./group-norm.js";
export { LayerNorm, type LayerNormOptions } from "./layer-norm.js";
export {
  causalMask,
  MultiHeadAttention,
  PixelAttention,
  scaledDotProductAttention,
  type AttentionOptions,
  type MultiHeadAttentionOptions,
  type PixelAttentionOptions,
} from "./attention.js";
export { FeedForward, feedForwardNames, type FeedForwardName, type FeedForwardOptions } from "./feed-forward.js";
export {
  SpatialTransformer,
  TransformerBlock,
  type SpatialTransformerOptions,
  type TransformerBlockOptions,
} from "./transformer-block.js";
export { Embedding, type EmbeddingOptions } from "./embedding.js";
export { TokenEmbedding } from "./token-embedding.js";
export {
  sinusoidalEmbedding,
  TimeEmbedding,
  type SinusoidalOptions,
  type SinusoidOrder,
  type TimeEmbeddingOptions,
} from "./time-embedding.js";
export { TimeEncoding, timeEncodingNames, type TimeEncodingName, type TimeEncodingOptions } from "./time-encoding.js";
export { drawMasks, Dropout, dropoutSites, type DropoutSite, type MaskSource, type TrainingInputs } from "./dropout.js";
export { Downsample, Upsample } from "./resample.js";
export { gridEmbedding, type GridEmbeddingOptions } from "./position-embedding.js";
export { fromPatches, PatchEmbedding, toPatches } from "./patches.js";
export { ResnetBlock, type ResnetBlockOptions, type TimeScaleShift } from "./resnet-block.js";
export {
  loadParameters,
  saveParameters,
  saveShardedParameters,
  streamParameters,
  type SaveOptions,
} from "./weights.js";
