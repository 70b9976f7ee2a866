// Generative adversarial networks: the game, its penalties, the task, the model and its folder.
export {
  adversarialLoss,
  adversarialLosses,
  leastSquares,
  nonSaturating,
  wasserstein,
  type AdversarialLoss,
  type AdversarialLossName,
} from "./losses.js";
export { gradientPenalty, r1Penalty, scoredSlopes, type ScoredSlopes, type SlopePenalty } from "./penalties.js";
export { discriminatorAccuracy, meanPairwiseDistance, modesCovered, signsOfFailure } from "./signs.js";
export { GanTask, type GanBatch, type GanTaskOptions } from "./task.js";
export { GanModel, type GanDrawRequest, type GanParts } from "./model.js";
export { loadGan, saveGan, type SaveGanOptions } from "./folder.js";
export { ganFamily } from "./family.js";
