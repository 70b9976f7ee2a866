/** How a checkpoint came to be: the note that lies beside its weights as training.json. */
import type { Precision } from "../compile/index.js";

export interface TrainingRecord {
  readonly command: string;
  readonly seed: number;
  readonly steps: number;
  /** Lengths the training had before it was lengthened; `command` alone then makes another model. */
  readonly formerSteps?: readonly number[];
  readonly batchSize: number;
  /** Of convolutions and matrix products; records of before there was a choice have none and mean float32. */
  readonly precision?: Precision;
  readonly examples: number;
  readonly seconds: number;
  readonly machine: string;
  readonly date: string;
  /** Mean loss over stretches of `stride` steps. */
  readonly lossCurve: { readonly stride: number; readonly means: readonly number[] };
}
