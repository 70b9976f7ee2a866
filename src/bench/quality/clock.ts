import { quantile } from "../statistics.js";

/** Which part of the steps is sure to have had the machine for itself. */
const UNDISTURBED = 0.1;

/**
 * The time a training has had, as it would be on a machine of its own: every step counts with the undisturbed pace. That
 * is measured beforehand, or else the duration that a tenth of the training's own steps do not exceed; on a quiet machine
 * the clock then shows the time on the wall within a few percent. On a busy one, or when the process is stopped for a
 * while, no contestant loses minutes by where that fell, nor by how badly its threads get along with those of others.
 */
export class TrainingClock {
  private readonly all: number[] = [];

  /** @param measured milliseconds of an undisturbed step, if they are known */
  constructor(private readonly measured?: number) {}

  /** @param ms duration of each of the steps just done */
  add(ms: readonly number[]): void {
    this.all.push(...ms);
  }

  get steps(): number {
    return this.all.length;
  }

  /** Milliseconds of each step so far. */
  get durations(): readonly number[] {
    return this.all;
  }

  /** Milliseconds a step counts; undefined before the first step if nothing was measured. */
  get paceMs(): number | undefined {
    return this.measured ?? (this.steps === 0 ? undefined : quantile(this.all, UNDISTURBED));
  }

  get seconds(): number {
    return (this.steps * (this.paceMs ?? 0)) / 1000;
  }

  /** How many more steps bring the clock nearest to `seconds`; undefined where no pace is known. */
  stepsUntil(seconds: number): number | undefined {
    if (this.paceMs === undefined) return undefined;
    return Math.max(0, Math.round((1000 * (seconds - this.seconds)) / this.paceMs));
  }
}
