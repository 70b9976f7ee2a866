/** How each phase of a task descends, once a trainer's options have filled in what the phase leaves out. */
import { requireLike } from "../base/values.js";
import { described, requireKnownKeys } from "../base/check.js";
import { isRecord, type Tree } from "../base/tree.js";
import { type Precision } from "../compile/index.js";
import { requirePrecision } from "../compile/precision.js";
import { averageDecayAt } from "./ema.js";
import { requireLearningRate, type LearningRate } from "./learning-rate.js";
import { adamW, type Optimiser } from "./optimisers/index.js";
import type { PhaseOptions, TrainingPhase, TrainingTask } from "./task.js";

/** {@link PhaseOptions} for every phase that has none of its own, and how steps compute. */
export interface TrainerOptions extends PhaseOptions {
  /**
   * How convolutions and matrix products compute, default "float32". "bf16" rounds their operands and results to
   * bfloat16: faster on processors with AVX512_BF16 or AMX, with gradients that differ by about 1 %.
   */
  readonly precision?: Precision;
}

/** A phase with nothing left out. */
export interface PhaseSettings {
  readonly phase: TrainingPhase;
  readonly optimiser: Optimiser;
  readonly learningRate: LearningRate;
  readonly maxGradientNorm: number;
  readonly averageDecay: number;
  readonly every: number;
  readonly precision: Precision;
}

const PHASE_OPTIONS = {
  optimiser: "an object",
  learningRate: "a number or an object",
  maxGradientNorm: "a number",
  averageDecay: "a number",
} as const;

/** @throws RangeError naming the option that is unknown or out of range, and phases that have no or the same name */
export function phaseSettings(task: TrainingTask, options: TrainerOptions = {}): PhaseSettings[] {
  requireKnownKeys(
    "Trainer",
    options,
    { ...PHASE_OPTIONS, precision: ["float32", "bf16"] },
    { adamW: "give optimiser: adamW({ … })" },
  );
  requireTask(task);
  const { phases } = task;
  if (phases.length === 0) throw new RangeError("a task needs at least one phase: something must learn");
  requireNames(phases);
  requirePrecision(options.precision ?? "float32");
  return phases.map((phase, i) => settingsOf(phase, options, i === 0));
}

function settingsOf(phase: TrainingPhase, options: TrainerOptions, first: boolean): PhaseSettings {
  // A phase that is an object of a class may have members of its own.
  if (isRecord(phase as unknown as Tree<unknown>)) {
    const known = { ...PHASE_OPTIONS, name: true, trains: true, reads: true, every: true, loss: true } as const;
    requireKnownKeys(`phase "${phase.name}"`, phase, known);
  }
  const { every = 1 } = phase;
  const { precision = "float32" } = options;
  const optimiser = phase.optimiser ?? options.optimiser ?? adamW();
  requireLike("optimiser", optimiser, ["name", "state", "scalars", "update"], "adamW()");
  const learningRate = phase.learningRate ?? options.learningRate ?? 2e-4;
  const maxGradientNorm = phase.maxGradientNorm ?? options.maxGradientNorm ?? 1;
  const averageDecay = phase.averageDecay ?? options.averageDecay ?? 0.999;
  const rate = typeof learningRate === "object" ? learningRate : { peak: learningRate };
  requireLearningRate(rate);
  if (!(maxGradientNorm > 0)) throw new RangeError(`maxGradientNorm must be positive, got ${maxGradientNorm}`);
  averageDecayAt(averageDecay, 1);
  if (!Number.isInteger(every) || every < 1) {
    throw new RangeError(`every of phase "${phase.name}" is a whole number of steps ≥ 1, got ${every}`);
  }
  if (first && every !== 1) {
    throw new RangeError(
      `the first phase takes part in every step, but "${phase.name}" in every ${every}: put one that does before it`,
    );
  }
  return { phase, optimiser, learningRate: rate, maxGradientNorm, averageDecay, every, precision };
}

/** @throws TypeError for what is no task, such as a network alone */
function requireTask(value: unknown): void {
  const { phases, batch, apply } = (value ?? {}) as Partial<TrainingTask> & { readonly apply?: unknown };
  if (Array.isArray(phases) && typeof batch === "function") return;
  const network = typeof apply === "function" ? ": a network becomes one in new DiffusionTask({ network, … })" : "";
  throw new TypeError(`a trainer takes a task, with batch and phases, got ${described(value)}${network}`);
}

function requireNames(phases: readonly TrainingPhase[]): void {
  const names = new Set<string>();
  for (const { name } of phases) {
    if (typeof name !== "string" || !/^[^/\s]+$/.test(name)) {
      throw new RangeError(`a phase needs a name without spaces and "/", got ${JSON.stringify(name)}`);
    }
    if (names.has(name)) throw new RangeError(`two phases are named "${name}": give each a name of its own`);
    names.add(name);
  }
}
