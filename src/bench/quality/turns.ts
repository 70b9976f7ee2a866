import type { TrainingClock } from "./clock.js";

/** A process that trains when it is told to and waits otherwise. */
export interface Stepper {
  /** Milliseconds of each of the next `count` steps. */
  steps(count: number): Promise<number[]>;
}

export interface Trainee {
  readonly stepper: Stepper;
  readonly clock: TrainingClock;
}

export interface TurnOptions {
  /** What each clock is to show in the end. */
  readonly seconds: number;
  /** Length of a turn. */
  readonly turn: number;
  readonly onTurn?: () => void;
}

/** Before a trainee's pace is known, it shows it with so many steps. */
const TRIAL_STEPS = 3;

/**
 * Lets each train for a turn while the others wait, round after round, until every clock shows `seconds`, to the nearest
 * step. A slow or busy hour of the machine so falls on all of them alike.
 */
export async function takeTurns(trainees: readonly Trainee[], options: TurnOptions): Promise<void> {
  const { seconds, turn, onTurn } = options;
  const left = ({ clock }: Trainee): number => clock.stepsUntil(seconds) ?? TRIAL_STEPS;
  for (let round = 0; trainees.some((trainee) => left(trainee) > 0); round++) {
    // Every other round runs backwards, so that nobody always follows the same one.
    for (const trainee of round % 2 === 0 ? trainees : [...trainees].reverse()) {
      const { stepper, clock } = trainee;
      const aTurn = Math.max(1, clock.stepsUntil(clock.seconds + turn) ?? TRIAL_STEPS);
      const count = Math.min(aTurn, left(trainee));
      if (count === 0) continue;
      clock.add(await stepper.steps(count));
      onTurn?.();
    }
  }
}
