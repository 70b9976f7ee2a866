/** Equal time for all, turned into steps once: how long a step takes on a machine of its own. */
import { Trainer } from "../training/index.js";
import type { Method } from "./method.js";
import type { Problem } from "./problem.js";

/** Steps before it is measured: recording the graph, filling caches. */
const WARM_UP = 20;
/** Seconds of steps that are timed. */
const SECONDS = 6;
const LEAST_STEPS = 20;

/**
 * Milliseconds a step, the mean: the players of a game do not move at every step, and what takes long now and then
 * counts as well.
 */
export function measurePace(problem: Problem, method: Method): number {
  const run = method.begin(problem, { seed: 0 });
  const trainer = new Trainer(run.task, run.trainerOptions);
  try {
    for (const _ of trainer.steps(WARM_UP));
    const begun = performance.now();
    let [steps, elapsed] = [0, 0];
    while (elapsed < 1000 * SECONDS || steps < LEAST_STEPS) {
      for (const _ of trainer.steps(1));
      steps++;
      elapsed = performance.now() - begun;
    }
    return elapsed / steps;
  } finally {
    trainer.dispose();
    run.dispose();
  }
}

/** The step at which each budget of seconds ends. */
export function stopsOf(budgets: readonly number[], msPerStep: number): { budget: number; step: number }[] {
  return budgets.map((budget) => ({ budget, step: Math.max(1, Math.round((1000 * budget) / msPerStep)) }));
}
