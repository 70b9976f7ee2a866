import assert from "node:assert/strict";
import * as tf from "../../../src/runtime/tf.js";
import { adamWOptions, TrainingStep, type StepState, type TrainingTask } from "../../../src/training/index.js";

export const OPTIONS = { adamW: adamWOptions({ weightDecay: 0.01 }), maxGradientNorm: 1, averageDecay: 0.9 };

/** Runs `use` with compilation switched off. */
export function withoutGraphs<T>(use: () => T): T {
  process.env["DIFFUSION_LAB_COMPILE"] = "0";
  try {
    return use();
  } finally {
    delete process.env["DIFFUSION_LAB_COMPILE"];
  }
}

interface Outcome {
  readonly reports: readonly { loss: number; gradientNorm: number }[];
  readonly state: StepState;
}

function train(task: TrainingTask, steps: number): Outcome {
  const step = new TrainingStep(task, OPTIONS);
  const reports = Array.from({ length: steps }, (_, i) => {
    const batch = task.batch(i + 1);
    const report = step.run(batch, 1e-3, i + 1);
    tf.dispose(Object.values(batch));
    return report;
  });
  const state = step.save();
  step.dispose();
  task.parameters.dispose();
  return { reports, state };
}

/** ‖a − b‖/‖b‖ */
export function distance(a: Float32Array, b: Float32Array): number {
  let [difference, size] = [0, 0];
  a.forEach((value, i) => {
    difference += (value - b[i]) ** 2;
    size += b[i] ** 2;
  });
  return Math.sqrt(difference / size);
}

/** Asserts that a few steps as a graph give what the same steps give operation by operation. */
export function assertGraphEqualsEager(make: () => TrainingTask): void {
  const before = tf.memory().numTensors;
  const graph = train(make(), 3);
  const eager = withoutGraphs(() => train(make(), 3));
  graph.reports.forEach(({ loss, gradientNorm }, i) => {
    const expected = eager.reports[i];
    assert.ok(Math.abs(loss - expected.loss) <= 1e-5 * expected.loss, `loss ${loss}, expected ${expected.loss}`);
    assert.ok(Math.abs(gradientNorm - expected.gradientNorm) <= 1e-4 * expected.gradientNorm);
  });
  for (const name of ["values", "mean", "meanSquare", "average"] as const) {
    const apart = distance(graph.state[name], eager.state[name]);
    assert.ok(apart < 1e-4, `${name}: ${apart}`);
  }
  assert.equal(tf.memory().numTensors, before);
}
