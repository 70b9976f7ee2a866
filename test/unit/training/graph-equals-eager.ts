/** Trains one task with graphs and without, and demands the same numbers. */
import assert from "node:assert/strict";
import { namedLeaves } from "../../../src/base/tree.js";
import * as tf from "../../../src/runtime/tf.js";
import {
  adamW,
  TrainingStep,
  type PhaseReport,
  type StepState,
  type TrainingTask,
} from "../../../src/training/index.js";

export const OPTIONS = {
  optimiser: adamW({ weightDecay: 0.01 }),
  learningRate: 1e-3,
  maxGradientNorm: 1,
  averageDecay: 0.9,
};

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
  readonly reports: readonly Readonly<Record<string, PhaseReport>>[];
  readonly state: StepState;
}

function train(task: TrainingTask, steps: number): Outcome {
  const step = new TrainingStep(task, OPTIONS);
  const reports = Array.from({ length: steps }, (_, i) => {
    const batch = task.batch(i + 1);
    const { phases } = step.run(batch, i + 1);
    tf.dispose(batch as tf.TensorContainer);
    return phases;
  });
  const state = step.save();
  step.dispose();
  for (const { trains } of task.phases) tf.dispose(trains.all.map(({ variable }) => variable));
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
  graph.reports.forEach((phases, i) => {
    for (const [name, { loss, gradientNorm }] of Object.entries(phases)) {
      const expected = eager.reports[i][name];
      const near = (value: number, other: number, relative: number): boolean =>
        Math.abs(value - other) <= relative * Math.abs(other);
      assert.ok(near(loss, expected.loss, 1e-5), `loss ${loss}, expected ${expected.loss}`);
      assert.ok(near(gradientNorm, expected.gradientNorm, 1e-4), `norm ${gradientNorm}, not ${expected.gradientNorm}`);
    }
  });
  const expected = new Map(namedLeaves<Float32Array>(eager.state.phases));
  for (const [path, values] of namedLeaves<Float32Array>(graph.state.phases)) {
    const apart = distance(values, expected.get(path)!);
    assert.ok(apart < 1e-4, `${path}: ${apart}`);
  }
  assert.equal(tf.memory().numTensors, before);
}
