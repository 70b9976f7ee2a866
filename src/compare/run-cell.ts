/** Trains one cell and judges it at each of its budgets. */
import { sizeOf } from "../base/shape.js";
import { bitsPerDimension } from "../numeric/index.js";
import * as tf from "../runtime/tf.js";
import { Trainer, TrainingDivergedError } from "../training/index.js";
import type { CellKey, CellResult, Outcome, Snapshot } from "./cell.js";
import type { Judge, Measures } from "./measures.js";
import type { Method, MethodRun, RunLikelihood } from "./method.js";
import type { Problem } from "./problem.js";

export interface RunCellOptions {
  readonly problem: Problem;
  readonly method: Method;
  readonly seed: number;
  /** Asked for in the study of stability; default the method's own. */
  readonly rate?: number;
  readonly judge: Judge;
  /** Steps at which it is judged, in rising order, with the seconds they stand for. */
  readonly stops: readonly { readonly budget: number; readonly step: number }[];
  readonly signal?: AbortSignal;
  /** Told the share done, 0 … 1, and what is being done. */
  readonly onProgress?: (done: number, text: string) => void;
}

/** Steps whose losses are averaged in a report. */
const RECENT = 100;
/** Of drawings; training has the seed of the cell. */
const DRAW_SEED = 1000;

/**
 * A training that diverges ends the run, and is its outcome; so are samples that are not finite.
 *
 * @throws what `signal` was aborted with; nothing is kept of a run that is broken off
 */
export async function runCell(options: RunCellOptions): Promise<CellResult> {
  const { problem, method, seed, rate, stops, signal, onProgress } = options;
  const learningRate = rate ?? method.learningRate[problem.kind];
  const begun = performance.now();
  const run = method.begin(problem, { seed, learningRate });
  const trainer = new Trainer(run.task, run.trainerOptions);
  const snapshots: Snapshot[] = [];
  let outcome: Outcome = { kind: "finished" };
  const last = stops[stops.length - 1].step;
  try {
    for (const { budget, step } of stops) {
      await trainer.run(step - trainer.step, {
        signal,
        onStep: (report) => onProgress?.(report.step / last, `step ${report.step} of ${last}`),
      });
      signal?.throwIfAborted();
      onProgress?.(trainer.step / last, `judging after ${budget} s`);
      snapshots.push(await trainer.withAverage(() => judged(options, run, trainer, budget)));
    }
  } catch (error) {
    if (!isDivergence(error)) throw error;
    outcome = { kind: "diverged", step: Math.max(1, trainer.step), message: error.message.split("\n")[0] };
  } finally {
    trainer.dispose();
    run.dispose();
  }
  const key: CellKey = { problem: problem.name, method: method.name, seed, ...(rate !== undefined && { rate }) };
  return {
    ...key,
    learningRate,
    parameters: run.parameters,
    drawingParameters: run.drawingParameters,
    outcome,
    snapshots,
    seconds: Math.round((performance.now() - begun) / 100) / 10,
    date: new Date().toISOString().slice(0, 10),
  };
}

/** Numbers that are not finite: of the training, or of the samples of a model that is about to diverge. */
function isDivergence(error: unknown): error is Error {
  if (error instanceof TrainingDivergedError) return true;
  return (
    error instanceof Error && (error.name === "NotFiniteError" || /^feature \d+ of example \d+ is/.test(error.message))
  );
}

async function judged(
  { judge, problem, signal }: RunCellOptions,
  run: MethodRun,
  trainer: Trainer,
  budget: number,
): Promise<Snapshot> {
  const ways: Record<string, Measures> = {};
  for (const way of run.ways) {
    const samples = await way.draw({ count: judge.count, seed: DRAW_SEED, signal });
    try {
      ways[way.name] = judge.measure(samples);
    } finally {
      samples.dispose();
    }
  }
  const losses = trainer.losses.slice(-RECENT);
  const likelihood = run.likelihood ? await meanLogLikelihood(problem, run.likelihood) : null;
  return {
    budget,
    step: trainer.step,
    trainingLoss: losses.reduce((sum, loss) => sum + loss, 0) / losses.length,
    logLikelihood: likelihood,
    bitsPerDimension: run.likelihood?.of === "grey levels" ? bitsOf(likelihood!, sizeOf(problem.shape)) : null,
    ways,
  };
}

async function meanLogLikelihood(problem: Problem, likelihood: RunLikelihood): Promise<number> {
  const { examples } = likelihood;
  const x = tf.tensor(problem.fresh(examples, 1), [examples, ...problem.shape]);
  try {
    const values = await likelihood.logLikelihood(x);
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  } finally {
    x.dispose();
  }
}

function bitsOf(logLikelihood: number, size: number): number {
  return tf.tidy(() => bitsPerDimension(tf.tensor1d([logLikelihood]), size).dataSync()[0]);
}
