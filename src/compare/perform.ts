/** What a worker does: measures a pace or a speed, or runs a cell. */
import { loadClassifier } from "../families/index.js";
import { parseCell, type CellResult } from "./cell.js";
import { judgeOf, type Judge } from "./measures.js";
import { methodNamed } from "./methods/list.js";
import { measurePace, stopsOf } from "./pace.js";
import { budgetsOf } from "./stability.js";
import { problemNamed, type Problem } from "./problem.js";
import { runCell } from "./run-cell.js";
import { measureSpeeds, type Speeds } from "./speed.js";
import { takesPart } from "./study.js";
import type { Method } from "./method.js";

const CLASSIFIER = "assets/mnist-classifier";

/** A problem's judge while `use` runs. */
export async function withJudge<T>(problem: Problem, use: (judge: Judge) => T | Promise<T>): Promise<T> {
  const classifier = problem.kind === "digits" ? loadClassifier(CLASSIFIER) : undefined;
  try {
    return await use(judgeOf(problem, classifier));
  } finally {
    classifier?.dispose();
  }
}

/** @throws RangeError unless there are both, and the method is made for the problem */
export function pairOf(names: { readonly problem: string; readonly method: string }): [Problem, Method] {
  const [problem, method] = [problemNamed(names.problem), methodNamed(names.method)];
  if (!takesPart(method, problem))
    throw new RangeError(`${method.name} takes no part in ${problem.name}: it has no network for it`);
  return [problem, method];
}

/** Milliseconds a step of "ring/gan". */
export function performPace(name: string): number {
  const { problem, method } = parseCell(`${name}/seed-0`);
  return measurePace(...pairOf({ problem, method }));
}

/** Examples a second of each way to draw of "digits/gan". */
export function performSpeed(name: string): Promise<Speeds> {
  const { problem, method } = parseCell(`${name}/seed-0`);
  return measureSpeeds(...pairOf({ problem, method }));
}

export interface PerformOptions {
  readonly msPerStep: number;
  /** Only the first so many budgets; default all. */
  readonly budgets?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, text: string) => void;
}

/** Runs a cell by its name. */
export async function performCell(name: string, options: PerformOptions): Promise<CellResult> {
  const { msPerStep, budgets, signal, onProgress } = options;
  const key = parseCell(name);
  const [problem, method] = pairOf(key);
  const stops = stopsOf(budgetsOf(key), msPerStep).slice(0, budgets);
  return withJudge(problem, (judge) =>
    runCell({ problem, method, seed: key.seed, rate: key.rate, judge, stops, signal, onProgress }),
  );
}
