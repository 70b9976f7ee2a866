/** One step of training: its phases one after the other, all of them or none. */
import { requireKind } from "../base/kinds.js";
import { requireLike } from "../base/values.js";
import type { TensorRecord } from "../compile/index.js";
import { learningRateAt } from "./learning-rate.js";
import { phaseSettings, type PhaseSettings, type TrainerOptions } from "./phase-settings.js";
import { PhaseStep, type PhaseResult, type PhaseState } from "./phase-step.js";
import type { TrainingTask } from "./task.js";

/** What the steps so far have made and the next one starts from. */
export interface StepState {
  /** By the names of the phases. */
  readonly phases: Readonly<Record<string, PhaseState>>;
  /** What the task's feedback remembers; empty without one. */
  readonly memory: Float32Array;
}

/** What a phase did in a step. */
export interface PhaseReport {
  readonly loss: number;
  /** Before clipping. */
  readonly gradientNorm: number;
  readonly learningRate: number;
  /** What the phase's loss gives besides. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** What the phases of a step did, by name, and the first that could not be taken. */
export interface StepResult {
  readonly phases: Readonly<Record<string, PhaseReport>>;
  /** The phase whose loss, gradient or buffer is not finite. The step is not taken then. */
  readonly diverged: string | undefined;
}

/**
 * With native TensorFlow each phase of a step is one graph (see `compile`); on the pure-JavaScript backend the same
 * operations run one by one, to the same numbers up to rounding.
 *
 * The parameters live in the task's variables, what else is carried along lives here.
 */
export class TrainingStep {
  private readonly phases: readonly { readonly settings: PhaseSettings; readonly step: PhaseStep }[];

  /** @throws RangeError for an option that is unknown or out of range */
  constructor(
    private readonly task: TrainingTask,
    options: TrainerOptions = {},
  ) {
    this.phases = phaseSettings(task, options).map((settings) => ({ settings, step: new PhaseStep(settings) }));
  }

  /**
   * Takes the step. If the loss, gradient or a buffer of any phase is not finite, or a phase fails, all phases are as
   * they were before.
   *
   * @param step counts from 1
   */
  run(batch: TensorRecord, step: number): StepResult {
    const due = this.phases.filter(({ settings }) => step % settings.every === 0);
    const reports: Record<string, PhaseReport> = {};
    const observed: Float32Array[] = [];
    let diverged: string | undefined;
    let whole = false;
    try {
      for (const { settings, step: phaseStep } of due) {
        const { name } = settings.phase;
        const learningRate = learningRateAt(settings.learningRate, step);
        const update = Math.floor(step / settings.every);
        const last = phaseStep === due.at(-1)!.step;
        const { taken, losses, ...numbers } = phaseStep.run(batch, { learningRate, update, last });
        reports[name] = reportOf(numbers, learningRate);
        if (losses) observed.push(losses);
        if (!taken) {
          diverged = name;
          break;
        }
      }
      whole = diverged === undefined;
    } finally {
      for (const { step: phaseStep } of [...due].reverse()) {
        if (whole) phaseStep.commit();
        else phaseStep.undo();
      }
    }
    if (whole) for (const losses of observed) this.task.feedback?.observe(step, losses);
    return { phases: reports, diverged };
  }

  /** A copy of what the next step starts from. */
  save(): StepState {
    const phases = this.phases.map(({ settings, step }) => [settings.phase.name, step.save()]);
    return {
      phases: Object.fromEntries(phases) as StepState["phases"],
      memory: this.task.feedback?.save() ?? new Float32Array(0),
    };
  }

  /**
   * Goes back to what {@link save} gave, parameters and the task's memory included.
   *
   * @throws RangeError, changing nothing, if the state is of another training
   */
  restore(saved: StepState): void {
    requireLike("the state", saved, ["phases", "memory"], "TrainingStep.save");
    const { phases, memory } = saved;
    requireKind("phases of the state", phases, "an object");
    requireKind("memory of the state", memory, "a list");
    for (const { settings, step } of this.phases) {
      const state = phases[settings.phase.name];
      if (!state) throw new RangeError(`the state has no phase "${settings.phase.name}": it is of another training`);
      step.requireFits(state);
    }
    this.task.feedback?.restore(memory);
    for (const { settings, step } of this.phases) step.restore(phases[settings.phase.name]);
  }

  /** A copy of the moving average of what a phase trains, flat. @throws RangeError if there is no such phase */
  average(phase: string): Float32Array {
    const found = this.phases.find(({ settings }) => settings.phase.name === phase);
    if (found) return found.step.average();
    const names = this.phases.map(({ settings }) => settings.phase.name);
    throw new RangeError(`there is no phase "${phase}": there is ${names.join(", ")}`);
  }

  /** Frees the graphs and what is carried; the parameters belong to the task. */
  dispose(): void {
    for (const { step } of this.phases) step.dispose();
  }
}

function reportOf(
  { loss, gradientNorm, metrics }: Omit<PhaseResult, "taken" | "losses">,
  learningRate: number,
): PhaseReport {
  return { loss, gradientNorm, learningRate, metrics };
}
