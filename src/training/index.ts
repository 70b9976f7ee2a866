/** Training of any family: a task with phases, the optimisers they carry, and the trainer that runs them. */
export { clipGlobalNorm } from "./clip.js";
export { averageDecayAt, movingAverage } from "./ema.js";
export { learningRateAt, type LearningRate } from "./learning-rate.js";
export * from "./optimisers/index.js";
export type { TrainerOptions } from "./phase-settings.js";
export { ShuffledOrder } from "./shuffled-order.js";
export { TrainingStep, type PhaseReport, type StepResult, type StepState } from "./step.js";
export type { LossFeedback, PhaseLoss, PhaseOptions, TrainingPhase, TrainingTask } from "./task.js";
export { Trainer, TrainingDivergedError, type RunOptions, type StepReport } from "./trainer.js";
