/** Equal time for all, turned into steps once: how long a step takes on a machine of its own. */
import { Trainer } from "../training/index.js";
import type { Method } from "./method.js";
import type { Problem } from "./problem.js";

/** Steps before it is measured: recording the graph, filling caches. */
const WARM_UP = 20;
/** Seconds of steps that are timed. */
const SECONDS = 4;

/** Milliseconds a step, the median of those timed. */
export function measurePace(problem: Problem, method: Method): number {
  const run = method.begin(problem, { seed: 0 });
  const trainer = new Trainer(run.task, run.trainerOptions);
  try {
    for (const _ of trainer.steps(WARM_UP));
    const times: number[] = [];
    const begun = performance.now();
    let last = begun;
    while (last - begun < 1000 * SECONDS || times.length < 10) {
      for (const _ of trainer.steps(1));
      const now = performance.now();
      times.push(now - last);
      last = now;
    }
    times.sort((a, b) => a - b);
    return times[times.length >> 1];
  } finally {
    trainer.dispose();
    run.dispose();
  }
}

/** The step at which each budget of seconds ends. */
export function stopsOf(budgets: readonly number[], msPerStep: number): { budget: number; step: number }[] {
  return budgets.map((budget) => ({ budget, step: Math.max(1, Math.round((1000 * budget) / msPerStep)) }));
}
