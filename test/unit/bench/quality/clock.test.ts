import assert from "node:assert/strict";
import { test } from "node:test";
import { TrainingClock } from "../../../../src/bench/quality/clock.js";
import { takeTurns, type Trainee } from "../../../../src/bench/quality/turns.js";
import { meanAndSpread, quantile } from "../../../../src/bench/statistics.js";

test("a quantile is linear between neighbours, the half is the median", () => {
  assert.equal(quantile([4, 1, 3, 2], 0.5), 2.5);
  assert.equal(quantile([10, 20, 30], 0.25), 15);
  assert.deepEqual([quantile([5, 7], 0), quantile([5, 7], 1), quantile([5], 0.3)], [5, 7, 5]);
  assert.throws(() => quantile([], 0.5), RangeError);
  assert.throws(() => quantile([1], 1.5), /\[0, 1\], got 1\.5/);
});

test("mean and deviation are those of a sample", () => {
  assert.deepEqual(meanAndSpread([2, 4, 4, 4, 5, 5, 7, 9]), { mean: 5, deviation: Math.sqrt(32 / 7) });
  assert.deepEqual(meanAndSpread([3]), { mean: 3, deviation: 0 });
  assert.throws(() => meanAndSpread([]), RangeError);
});

test("on a quiet machine the clock shows the sum of the steps", () => {
  const clock = new TrainingClock();
  assert.deepEqual([clock.seconds, clock.paceMs, clock.stepsUntil(1)], [0, undefined, undefined]);
  clock.add([250, 250]);
  clock.add([250, 250]);
  assert.deepEqual([clock.steps, clock.seconds, clock.paceMs], [4, 1, 250]);
  assert.equal(clock.stepsUntil(2), 4);
  assert.equal(clock.stepsUntil(1.1), 0);
  assert.equal(clock.stepsUntil(0.5), 0);
});

test("neither a stop of an hour nor a busy machine costs minutes", () => {
  const quiet = Array<number>(40).fill(250);
  const stopped = quiet.with(17, 3_600_000);
  const busy = quiet.map((ms, i) => (i % 5 === 0 ? ms : ms * 3));
  for (const durations of [quiet, stopped, busy]) {
    const clock = new TrainingClock();
    clock.add(durations);
    assert.equal(clock.seconds, 10);
    assert.deepEqual(clock.durations, durations);
  }
});

test("a pace that was measured beforehand is what every step counts", () => {
  const clock = new TrainingClock(250);
  assert.equal(clock.stepsUntil(2), 8);
  clock.add([900, 7000, 260]);
  assert.deepEqual([clock.seconds, clock.stepsUntil(2)], [0.75, 5]);
});

/** Trains at a pace of its own, with a long stop at the given step; says who trained and how many steps. */
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
  return { stepper: { steps }, clock: new TrainingClock() };
}

test("all train until their own clocks show the same time, in turns of equal length", async () => {
  const log: string[] = [];
  const trainees = [simulated("a", 500, log), simulated("b", 400, log)];
  let turns = 0;
  await takeTurns(trainees, { seconds: 15.2, turn: 5, onTurn: () => turns++ });
  // Three steps to learn the pace, then turns of 5 s, then what is left; every other round runs backwards.
  assert.deepEqual(log, ["a 3", "b 3", "b 13", "a 10", "a 10", "b 13", "b 9", "a 7"]);
  assert.equal(turns, log.length);
  assert.deepEqual(trainees.map(({ clock }) => clock.steps), [30, 38]);
  assert.deepEqual(trainees.map(({ clock }) => clock.seconds), [15, 15.2]);
});

test("a training that was stopped meanwhile gets as many steps as it would have had", async () => {
  for (const stopAt of [1, 3, 25, 60]) {
    const trainees = [simulated("a", 250, []), simulated("b", 250, [], stopAt)];
    await takeTurns(trainees, { seconds: 15, turn: 2 });
    assert.deepEqual(trainees.map(({ clock }) => clock.steps), [60, 60], `stopped at step ${stopAt}`);
  }
});
