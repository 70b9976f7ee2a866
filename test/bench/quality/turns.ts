/** Lets several trainings take turns on one machine. */
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

/**
 * Lets each train for a turn while the others wait, round after round, until every clock shows `seconds`, to the nearest
 * step. So all of them see the same machine, and a study that is cut short has all of them equally far.
 */
export async function takeTurns(trainees: readonly Trainee[], options: TurnOptions): Promise<void> {
  const { seconds, turn, onTurn } = options;
  const left = ({ clock }: Trainee): number => clock.stepsUntil(seconds);
  for (let round = 0; trainees.some((trainee) => left(trainee) > 0); round++) {
    // Every other round runs backwards, so that nobody always follows the same one.
    for (const trainee of round % 2 === 0 ? trainees : [...trainees].reverse()) {
      const { stepper, clock } = trainee;
      const aTurn = Math.max(1, clock.stepsUntil(clock.seconds + turn));
      const count = Math.min(aTurn, left(trainee));
      if (count === 0) continue;
      clock.add(await stepper.steps(count));
      onTurn?.();
    }
  }
}
