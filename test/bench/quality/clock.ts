/** A clock of a training that other work on the machine does not move. */
/**
 * The time a training has had, as it would be on a machine of its own: every step counts with the undisturbed pace,
 * measured beforehand. When others keep the machine busy or the process is stopped for a while, no contestant loses
 * minutes by where that fell, nor by how badly its threads get along with those of others.
 */
export class TrainingClock {
  private readonly all: number[] = [];

  /** @param paceMs milliseconds of an undisturbed step */
  constructor(readonly paceMs: number) {
    if (!(paceMs > 0)) throw new RangeError(`the pace must be a positive number of milliseconds, got ${paceMs}`);
  }

  /** @param ms how long each of the steps just done took in fact */
  add(ms: readonly number[]): void {
    this.all.push(...ms);
  }

  get steps(): number {
    return this.all.length;
  }

  /** How long each step took in fact. */
  get durations(): readonly number[] {
    return this.all;
  }

  get seconds(): number {
    return (this.steps * this.paceMs) / 1000;
  }

  /** How many more steps bring the clock nearest to `seconds`. */
  stepsUntil(seconds: number): number {
    return Math.max(0, Math.round((1000 * (seconds - this.seconds)) / this.paceMs));
  }
}
