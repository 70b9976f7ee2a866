/** The layers networks are built from, their parameters, and the file of weights. */
export * from "./parameters.js";
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
export * from "./probe.js";
export * from "./activations.js";
export * from "./dense.js";
export * from "./conv.js";
export * from "./group-norm.js";
export * from "./layer-norm.js";
export * from "./attention.js";
export * from "./feed-forward.js";
export * from "./transformer-block.js";
export * from "./embedding.js";
export * from "./time-embedding.js";
export * from "./time-encoding.js";
export * from "./dropout.js";
export * from "./resample.js";
export * from "./position-embedding.js";
export * from "./patches.js";
export * from "./resnet-block.js";
export * from "./weights.js";
