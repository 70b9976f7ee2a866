/** Samplers reach their claimed order of convergence on Gaussian data. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "../../../src/runtime/tf.js";
import {
  ddim,
  dpmSolverPlusPlus,
  edmPath,
  euler,
  flowPath,
  gaussianDenoiser,
  heun,
  lms,
  logLinearLevels,
  probabilityFlow,
  samplerNamed,
  samplers,
  unipc,
  vpPath,
  type Denoiser,
  type GaussianPath,
  type NoiseSource,
  type SamplerEntry,
  type SamplerOptions,
  type SamplerStep,
} from "../../../src/index.js";
import { drain } from "./diffusers-fixture.js";
import { exactFlow, gaussianProblem, measuredOrder, startingSlowly, variance } from "./helpers.js";

type Run = (
  denoiser: Denoiser,
  path: GaussianPath,
  xT: tf.Tensor,
  options: SamplerOptions,
) => Generator<SamplerStep, tf.Tensor>;

test("on Gaussian data the errors are the published ones", () => {
  const { path, denoiser } = gaussianProblem();
  const expected: [string, Run, number[]][] = [
    ["Euler", euler, [7.165e-2, 3.721e-2, 1.896e-2, 9.573e-3]],
    ["DDIM", ddim, [7.165e-2, 3.721e-2, 1.896e-2, 9.573e-3]],
    [
      "DPM-Solver++ 1",
      (d, p, x, o) => dpmSolverPlusPlus(d, p, x, { ...o, order: 1 }),
      [7.165e-2, 3.721e-2, 1.896e-2, 9.573e-3],
    ],
    ["Heun", heun, [2.832e-2, 6.502e-3, 1.561e-3, 3.825e-4]],
    ["DPM-Solver++ 2M", dpmSolverPlusPlus, [9.504e-3, 2.832e-3, 7.313e-4, 1.842e-4]],
  ];
  for (const [name, run, errors] of expected) {
    [10, 20, 40, 80].forEach((n, i) => {
      const levels = logLinearLevels(n + 1, { min: 0.02, max: 10 });
      const end = drain(run(denoiser, path, tf.tensor([[10]]), { levels, finish: "last" })).dataSync()[0];
      const error = Math.abs(end - exactFlow(10, 10, 0.02));
      // Four digits are published; float32 adds 1e-6.
      assert.ok(
        Math.abs(error - errors[i]) < 5e-4 * errors[i] + 1e-6,
        `${name}, ${n} steps: error ${error}, expected ${errors[i]}`,
      );
    });
  }
});

/** A problem with a known solution: where the flow takes one point, in the sampler's own variables. */
interface Problem {
  readonly path: GaussianPath;
  readonly denoiser: Denoiser;
  readonly start: number;
  readonly exact: number;
  /** The times or levels of n steps. */
  grid(n: number): SamplerOptions;
}

/** N(0, s²) on levels from `max` to `min`, the first steps small where `power` is above 1. */
function onLevels([max, min]: readonly [number, number], power: number): Problem {
  const exact = exactFlow(2, max, min);
  return {
    ...gaussianProblem(),
    start: 2,
    exact,
    grid: (n) => ({ levels: startingSlowly(n, power, max, min) }),
  };
}

/** N(0, s²) on evenly spaced times of a VP path, on which PNDM's constant weights hold. */
function onEvenTimes(): Problem {
  const path = vpPath();
  const [from, to, start] = [0.9, 0.05, 3];
  const spread = (t: number): number => Math.sqrt(variance * path.signal(t) ** 2 + path.noise(t) ** 2);
  const denoiser = gaussianDenoiser(path, [0], variance);
  return { path, denoiser, start, exact: (start * spread(to)) / spread(from), grid: evenTimes(from, to) };
}

/** N(½, s²) on the straight path. */
function onStraightPath(): Problem {
  const path = flowPath();
  const [from, to, start] = [0.9, 0.1, 1.5];
  const spread = (t: number): number => Math.sqrt(variance * (1 - t) ** 2 + t ** 2);
  const exact = 0.5 * (1 - to) + ((start - 0.5 * (1 - from)) * spread(to)) / spread(from);
  return { path, denoiser: gaussianDenoiser(path, [0.5], variance), start, exact, grid: evenTimes(from, to) };
}

function evenTimes(from: number, to: number): Problem["grid"] {
  return (n) => ({ times: Array.from({ length: n + 1 }, (_, i) => from + ((to - from) * i) / n) });
}

interface Setting {
  readonly problem: Problem;
  /** Counts of steps where the error is in its asymptotic range and still well above float32's 1e-7. */
  readonly counts: readonly number[];
}

function setting(counts: readonly number[], range: readonly [number, number] = [5, 0.1], power = 1): Setting {
  return { problem: onLevels(range, power), counts };
}

/** Where a sampler's asymptotic range needs other steps than the usual 32, 64 and 128. */
const settings: Readonly<Record<string, Setting>> = {
  lms: setting([24, 32, 48], [2, 0.25], 2),
  pndm: { problem: onEvenTimes(), counts: [64, 96, 128] },
  plms: { problem: onEvenTimes(), counts: [64, 96, 128] },
  "dpm-solver-2": setting([16, 32, 64]),
  "dpm-solver-3": setting([4, 8, 16], [2, 0.5], 1.5),
  "dpm++2m": setting([32, 64, 128], [5, 0.1], 1.5),
  "dpm++3m": setting([16, 32, 64], [2, 0.5], 1.5),
  unipc: setting([16, 32, 64]),
  "unipc-3": setting([48, 64, 96], [5, 0.1], 2),
};

function usualSetting({ paths }: SamplerEntry): Setting {
  return paths === "straight" ? { problem: onStraightPath(), counts: [32, 64, 128] } : setting([32, 64, 128]);
}

function hasOrder(name: string, order: number, run: Run, { problem, counts }: Setting): void {
  test(`${name} converges with order ${order}`, () => {
    const { path, denoiser, start, exact, grid } = problem;
    const errors = counts.map((n) => {
      const end = drain(run(denoiser, path, tf.tensor([[start]]), { ...grid(n), finish: "last" }));
      return Math.abs(end.dataSync()[0] - exact);
    });
    const slope = measuredOrder(counts, errors);
    assert.ok(
      Math.abs(slope - order) < 0.1,
      `${name}: slope ${slope.toFixed(3)} of errors ${errors.map((e) => e.toExponential(2))}`,
    );
  });
}

const noNoise = (): never => assert.fail("a deterministic sampler asked for noise");

// Every deterministic sampler of the registry is held to its order, one that is added too.
for (const entry of samplers.filter(({ stochastic }) => !stochastic)) {
  const { name, order, run, evaluations } = entry;
  if (order === null || !Number.isFinite(evaluations(1))) continue; // adaptive: below
  const deterministic: Run = (d, p, x, o) => run(d, p, x, { ...o, noise: noNoise });
  hasOrder(name, order, deterministic, settings[name] ?? usualSetting(entry));
}

/**
 * Var x at the last time over what it should be, minus 1, for data N(0, s²): each step is then linear in x and in its
 * noise, so x = Σ_k c_k·z_k, z_0 being the start. Example k of one batch has z_k = 1 and no other noise: it ends at c_k,
 * and the variance is Σ_k c_k², without any sampling error.
 */
function varianceError({ run }: SamplerEntry, path: GaussianPath, times: readonly number[]): number {
  const spread = (t: number): number => Math.hypot(Math.sqrt(variance) * path.signal(t), path.noise(t));
  const denoiser = gaussianDenoiser(path, [0], variance);
  let draws = 0;
  const oneHot: NoiseSource = (draw, [count]) => {
    draws = Math.max(draws, draw);
    return tf.tensor(
      Float32Array.from({ length: count }, (_, k) => (k === draw ? 1 : 0)),
      [count, 1],
    );
  };
  const ends = (count: number): Float32Array => {
    const options = { times, finish: "last", noise: oneHot } as const;
    const xT = tf.mul(oneHot(0, [count, 1]), spread(times[0]));
    return drain(run(denoiser, path, xT, options)).dataSync() as Float32Array;
  };
  ends(1); // how many draws there are
  return ends(draws + 1).reduce((sum, c) => sum + c * c, 0) / spread(times[times.length - 1]) ** 2 - 1;
}

/** Where a stochastic sampler's asymptotic range needs other steps than the usual 64, 128 and 256. */
const stochasticCounts: Readonly<Record<string, readonly number[]>> = {
  "dpm++2m-sde": [32, 64, 128],
  "heun-churn": [192, 256, 512],
};

for (const entry of samplers.filter(({ stochastic }) => stochastic)) {
  const { name, order, paths } = entry;
  if (order === null) continue; // Its file says why.
  test(`${name}'s variance converges with order ${order}`, () => {
    const path = paths === "straight" ? flowPath() : vpPath();
    const counts = stochasticCounts[name] ?? [64, 128, 256];
    const errors = counts.map((n) => {
      const times = startingSlowly(n, 1, 5, 0.1).map((level) => path.timeAt(level));
      return Math.abs(tf.tidy(() => varianceError(entry, path, times)));
    });
    const slope = measuredOrder(counts, errors);
    assert.ok(
      Math.abs(slope - order) < 0.1,
      `${name}: slope ${slope.toFixed(3)} of errors ${errors.map((e) => e.toExponential(2))}`,
    );
  });
}

// Forms that have no name of their own.
hasOrder("LMS 2", 2, (d, p, x, o) => lms(d, p, x, { ...o, order: 2 }), setting([64, 128, 256]));
hasOrder("LMS 3", 3, (d, p, x, o) => lms(d, p, x, { ...o, order: 3 }), setting([24, 48, 96], [2, 0.25], 2));
hasOrder("UniPC-1", 2, (d, p, x, o) => unipc(d, p, x, { ...o, order: 1 }), setting([32, 64, 128]));
hasOrder("UniPC-2, B₁", 3, (d, p, x, o) => unipc(d, p, x, { ...o, variant: "bh1" }), setting([32, 48, 64]));

test("the adaptive probability flow's solver is of order 5, as registered", () => {
  // dx̃/d ln σ = ω·J·x̃ turns x̃ by ω·ln(σ'/σ). Long ways and an even error keep float32's rounding out of sight.
  const [speed, from, to] = [4, Math.E, 1 / Math.E];
  const turn = tf.tensor2d([
    [0, speed],
    [-speed, 0],
  ]);
  const turning: Denoiser = {
    path: edmPath(),
    predicts: "noise",
    predict: (xt, t) => tf.tidy(() => tf.div(tf.matMul(xt as tf.Tensor2D, turn), tf.reshape(t, [-1, 1]))),
  };
  const angles = Array.from({ length: 64 }, (_, i) => i);
  const start = tf.tensor2d(angles.map((angle) => [Math.cos(angle), Math.sin(angle)]));
  const counts = [16, 20, 24, 32];
  const errors = counts.map((n) => {
    // All steps are 2/n long: the tolerances accept anything.
    const fixed = { firstStep: 2 / n, maxStep: 2 / n, relativeTolerance: 1e3, absoluteTolerance: 1e3 };
    const steps: number[] = [];
    const flow = probabilityFlow(turning, edmPath(), start, { from, to, denoise: false, ...fixed });
    let step = flow.next();
    for (; !step.done; step = flow.next()) steps.push(step.value.t);
    assert.equal(steps.length, n);
    const end = step.value.dataSync();
    // The mean of (where it came to)·(where it should be)* as complex numbers, minus 1.
    const mean = [0, 0];
    angles.forEach((angle, i) => {
      const [x, y, c, s] = [end[2 * i], end[2 * i + 1], Math.cos(angle - 2 * speed), Math.sin(angle - 2 * speed)];
      mean[0] += (x * c + y * s) / angles.length;
      mean[1] += (y * c - x * s) / angles.length;
    });
    return Math.hypot(mean[0] - 1, mean[1]);
  });
  const slope = measuredOrder(counts, errors);
  assert.ok(Math.abs(slope - 5) < 0.1, `slope ${slope.toFixed(3)} of errors ${errors.map((e) => e.toExponential(2))}`);
  assert.equal(samplerNamed("probability-flow").order, 5);
});

test("the adaptive probability flow's error follows its tolerance", () => {
  const { path, denoiser } = gaussianProblem();
  const tolerances = [1e-2, 1e-3, 1e-4, 1e-5];
  const errors = tolerances.map((tolerance) => {
    const control = { relativeTolerance: tolerance, absoluteTolerance: tolerance / 100 };
    const flow = probabilityFlow(denoiser, path, tf.tensor2d([[10], [-4]]), {
      from: 10,
      to: 0.02,
      denoise: false,
      ...control,
    });
    const end = drain(flow).dataSync();
    return Math.max(...[10, -4].map((x, i) => Math.abs(end[i] / exactFlow(x, 10, 0.02) - 1)));
  });
  errors.forEach((error, i) => assert.ok(error < 2 * tolerances[i], `error ${error} at tolerance ${tolerances[i]}`));
  const slope = measuredOrder(
    tolerances.map((tolerance) => 1 / tolerance),
    errors,
  );
  assert.ok(Math.abs(slope - 1) < 0.25, `error ~ tolerance^${slope.toFixed(2)}: ${errors}`);
});

test("the adaptive probability flow keeps its tolerance, and runs back to where it came from", () => {
  const { path, denoiser } = gaussianProblem();
  const before = tf.memory().numTensors;
  const start = tf.tensor([[10], [-3]]);
  const tight = { from: 10, to: 0.02, denoise: false, relativeTolerance: 1e-5, absoluteTolerance: 1e-6 };
  const end = drain(probabilityFlow(denoiser, path, start, tight));
  [10, -3].forEach((x, i) => assert.ok(Math.abs(end.dataSync()[i] - exactFlow(x, 10, 0.02)) < 3e-5));
  const back = drain(probabilityFlow(denoiser, path, end, { ...tight, from: 0.02, to: 10 }));
  [10, -3].forEach((x, i) => assert.ok(Math.abs(back.dataSync()[i] - x) < 1e-3, `${back.dataSync()[i]} for ${x}`));
  for (const bad of [{ firstStep: 0 }, { maxStep: -1 }, { relativeTolerance: NaN }])
    assert.throws(() => drain(probabilityFlow(denoiser, path, start, bad)), /must be > 0, got/);
  [start, end, back].forEach((tensor) => tensor.dispose());
  assert.equal(tf.memory().numTensors, before);
});
