/** What a study fixes: the training, the judging, who trains. */
import type { Precision } from "diffusion-lab/compile";

/** This library's own. */
export const PRECISIONS = ["float32", "bf16"] as const;
/** Projects that bring their own network, trainer and sampler: they are judged by the digits that they draw. */
export const PROJECTS = ["smalldiffusion", "denoising-diffusion-pytorch"] as const;
export type ProjectName = (typeof PROJECTS)[number];
/** Those that train in one study. */
export const CONTESTANTS = [...PRECISIONS, "torch", ...PROJECTS] as const;
export type ContestantName = (typeof CONTESTANTS)[number];

export function isProject(name: ContestantName): name is ProjectName {
  return (PROJECTS as readonly string[]).includes(name);
}

/** What every contestant is told; one text, so that both languages train by the same numbers. */
export interface TrainingRecipe {
  readonly batchSize: number;
  /** Times of the linear schedule. */
  readonly T: number;
  /** Constant. AdamW's other numbers are the defaults of both libraries, without weight decay. */
  readonly learningRate: number;
  readonly maxGradientNorm: number;
  /** The average's decay at step n is min(averageDecay, (1 + n)/(10 + n)). */
  readonly averageDecay: number;
}

export const RECIPE: TrainingRecipe = {
  batchSize: 64,
  T: 1000,
  learningRate: 5e-4,
  maxGradientNorm: 1,
  averageDecay: 0.999,
};

/** What to train, as JSON on a worker's command line. */
export interface QualityOrder extends TrainingRecipe {
  readonly seed: number;
  /** This library only. */
  readonly precision: Precision;
  /** Raw float32 file of the training images, [count, 28, 28], for those who have no other way to them. */
  readonly data: string;
}

/** What a project is told: the recipe's batch and learning rate, all else its own; and how many digits it is to draw. */
export interface ProjectOrder extends Pick<TrainingRecipe, "batchSize" | "learningRate"> {
  readonly project: ProjectName;
  readonly seed: number;
  readonly data: string;
  readonly samples: number;
}

/** How the networks are judged once they are trained. */
export interface JudgeSettings {
  /** Samples drawn from each network. */
  readonly count: number;
  readonly sampler: string;
  /** Steps of the sampler, one evaluation each. */
  readonly steps: number;
  /** Of the starting noise, the same for every network. */
  readonly seed: number;
}

export interface StudySettings {
  readonly minutes: number;
  readonly seeds: number;
  /** Length of a turn in seconds. */
  readonly turn: number;
  readonly judge: JudgeSettings;
}
