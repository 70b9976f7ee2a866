/** The study's clock gives every contestant equal minutes, however busy the machine is. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { TrainingClock } from "../../../bench/quality/clock.js";
import { takeTurns, type Trainee } from "../../../bench/quality/turns.js";
import { meanAndSpread } from "../../../bench/statistics.js";

test("mean and deviation are those of a sample", () => {
  assert.deepEqual(meanAndSpread([2, 4, 4, 4, 5, 5, 7, 9]), { mean: 5, deviation: Math.sqrt(32 / 7) });
  assert.deepEqual(meanAndSpread([3]), { mean: 3, deviation: 0 });
  assert.throws(() => meanAndSpread([]), RangeError);
});

test("every step counts the pace, however long it took in fact", () => {
  const clock = new TrainingClock(250);
  assert.deepEqual([clock.seconds, clock.stepsUntil(1)], [0, 4]);
  clock.add([250, 900]);
  clock.add([3_600_000, 251]);
  assert.deepEqual([clock.steps, clock.seconds, clock.durations], [4, 1, [250, 900, 3_600_000, 251]]);
  assert.deepEqual(
    [2, 1.1, 0.5].map((seconds) => clock.stepsUntil(seconds)),
    [4, 0, 0],
  );
  assert.throws(() => new TrainingClock(0), /pace must be a positive number of milliseconds, got 0/);
});

/** Trains at a pace of its own, but is stopped for long at the given step; says who trained and how many steps. */
function simulated(name: string, ms: number, log: string[], stopAt?: number): Trainee {
  let done = 0;
  let others = 0;
  const steps = async (count: number): Promise<number[]> => {
    assert.equal(others++, 0, "told to train while training");
    log.push(`${name} ${count}`);
    await new Promise((resolve) => setImmediate(resolve));
    others--;
    return Array.from({ length: count }, () => (++done === stopAt ? 90_000 : ms));
  };
  return { stepper: { steps }, clock: new TrainingClock(ms) };
}

test("all train until their own clocks show the same time, in turns of equal length", async () => {
  const log: string[] = [];
  const trainees = [simulated("a", 500, log), simulated("b", 400, log)];
  let turns = 0;
  await takeTurns(trainees, { seconds: 15.2, turn: 4.8, onTurn: () => turns++ });
  // Turns of 4.8 s, then what is left; every other round runs backwards.
  assert.deepEqual(log, ["a 10", "b 12", "b 12", "a 10", "a 10", "b 12", "b 2"]);
  assert.equal(turns, log.length);
  assert.deepEqual(
    trainees.map(({ clock }) => clock.steps),
    [30, 38],
  );
  assert.deepEqual(
    trainees.map(({ clock }) => clock.seconds),
    [15, 15.2],
  );
});

test("a training that was stopped meanwhile gets as many steps as it would have had", async () => {
  for (const stopAt of [1, 3, 25, 60]) {
    const trainees = [simulated("a", 250, []), simulated("b", 250, [], stopAt)];
    await takeTurns(trainees, { seconds: 15, turn: 2 });
    assert.deepEqual(
      trainees.map(({ clock }) => clock.steps),
      [60, 60],
      `stopped at step ${stopAt}`,
    );
  }
});
