import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "../../../src/tf.js";
import {
  ddim,
  dpmSolver,
  dpmSolverPlusPlus,
  euler,
  flow,
  flowPath,
  gaussianDenoiser,
  heun,
  lms,
  logLinearLevels,
  pndm,
  probabilityFlow,
  samplers,
  unipc,
  vpPath,
  type Denoiser,
  type GaussianPath,
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

// Counts of steps where the error is in its asymptotic range and still well above float32's 1e-7.
const cases: {
  name: string;
  order: number;
  run: Run;
  counts: number[];
  range?: [number, number];
  power?: number;
}[] = [
  { name: "DDIM", order: 1, run: ddim, counts: [32, 64, 128] },
  { name: "Euler", order: 1, run: euler, counts: [32, 64, 128] },
  { name: "Heun", order: 2, run: heun, counts: [32, 64, 128] },
  { name: "LMS 2", order: 2, run: (d, p, x, o) => lms(d, p, x, { ...o, order: 2 }), counts: [64, 128, 256] },
  {
    name: "LMS 3",
    order: 3,
    run: (d, p, x, o) => lms(d, p, x, { ...o, order: 3 }),
    counts: [24, 48, 96],
    range: [2, 0.25],
    power: 2,
  },
  { name: "LMS 4", order: 4, run: lms, counts: [24, 32, 48], range: [2, 0.25], power: 2 },
  {
    name: "DPM-Solver-1",
    order: 1,
    run: (d, p, x, o) => dpmSolver(d, p, x, { ...o, order: 1 }),
    counts: [32, 64, 128],
  },
  { name: "DPM-Solver-2", order: 2, run: dpmSolver, counts: [16, 32, 64] },
  {
    name: "DPM-Solver-3",
    order: 3,
    run: (d, p, x, o) => dpmSolver(d, p, x, { ...o, order: 3 }),
    counts: [4, 8, 16],
    range: [2, 0.5],
    power: 1.5,
  },
  {
    name: "DPM-Solver++ 1",
    order: 1,
    run: (d, p, x, o) => dpmSolverPlusPlus(d, p, x, { ...o, order: 1 }),
    counts: [32, 64, 128],
  },
  { name: "DPM-Solver++ 2M", order: 2, run: dpmSolverPlusPlus, counts: [32, 64, 128], power: 1.5 },
  {
    name: "DPM-Solver++ 3M",
    order: 3,
    run: (d, p, x, o) => dpmSolverPlusPlus(d, p, x, { ...o, order: 3 }),
    counts: [16, 32, 64],
    range: [2, 0.5],
    power: 1.5,
  },
  {
    name: "UniPC-1",
    order: 2,
    run: (d, p, x, o) => unipc(d, p, x, { ...o, order: 1 }),
    counts: [32, 64, 128],
  },
  { name: "UniPC-2", order: 3, run: unipc, counts: [16, 32, 64] },
  {
    name: "UniPC-2, B₁",
    order: 3,
    run: (d, p, x, o) => unipc(d, p, x, { ...o, variant: "bh1" }),
    counts: [32, 48, 64],
  },
  {
    name: "UniPC-3",
    order: 4,
    run: (d, p, x, o) => unipc(d, p, x, { ...o, order: 3 }),
    counts: [48, 64, 96],
    power: 2,
  },
];

for (const { name, order, run, counts, range: [max, min] = [5, 0.1], power = 1 } of cases) {
  test(`${name} converges with order ${order}`, () => {
    const { path, denoiser } = gaussianProblem();
    const errors = counts.map((n) => {
      const levels = startingSlowly(n, power, max, min);
      const end = drain(run(denoiser, path, tf.tensor([[2]]), { levels, finish: "last" })).dataSync()[0];
      return Math.abs(end - exactFlow(2, max, min));
    });
    const slope = measuredOrder(counts, errors);
    assert.ok(
      Math.abs(slope - order) < 0.1,
      `${name}: slope ${slope.toFixed(3)} of errors ${errors.map((e) => e.toExponential(2))}`,
    );
  });
}

/** Evenly spaced times, on which PNDM's constant weights hold and which flow matching uses. */
function evenTimes(n: number, from: number, to: number): number[] {
  return Array.from({ length: n + 1 }, (_, i) => from + ((to - from) * i) / n);
}

for (const start of ["runge-kutta", "plms"] as const) {
  test(`PNDM with ${start} start converges with order 2`, () => {
    const path = vpPath();
    const denoiser = gaussianDenoiser(path, [0], variance);
    const [from, to, x] = [0.9, 0.05, 3];
    const spread = (t: number): number => Math.sqrt(variance * path.signal(t) ** 2 + path.noise(t) ** 2);
    const exact = (x * spread(to)) / spread(from);
    const counts = [64, 96, 128];
    const errors = counts.map((n) => {
      const times = evenTimes(n, from, to);
      return Math.abs(
        drain(pndm(denoiser, path, tf.tensor([[x]]), { times, finish: "last", start })).dataSync()[0] - exact,
      );
    });
    const slope = measuredOrder(counts, errors);
    assert.ok(
      Math.abs(slope - 2) < 0.1,
      `slope ${slope.toFixed(3)} of errors ${errors.map((e) => e.toExponential(2))}`,
    );
  });
}

for (const [method, order] of [
  ["euler", 1],
  ["heun", 2],
] as const) {
  test(`flow matching with ${method} converges with order ${order}`, () => {
    const path = flowPath();
    const denoiser = gaussianDenoiser(path, [0.5], variance);
    const [from, to, x] = [0.9, 0.1, 1.5];
    const spread = (t: number): number => Math.sqrt(variance * (1 - t) ** 2 + t ** 2);
    const exact = 0.5 * (1 - to) + ((x - 0.5 * (1 - from)) * spread(to)) / spread(from);
    const counts = [32, 64, 128];
    const errors = counts.map((n) => {
      const times = evenTimes(n, from, to);
      return Math.abs(
        drain(flow(denoiser, path, tf.tensor([[x]]), { times, finish: "last", method })).dataSync()[0] -
          exact,
      );
    });
    const slope = measuredOrder(counts, errors);
    assert.ok(
      Math.abs(slope - order) < 0.1,
      `slope ${slope.toFixed(3)} of errors ${errors.map((e) => e.toExponential(2))}`,
    );
  });
}

test("the adaptive probability flow keeps its tolerance, and runs back to where it came from", () => {
  const { path, denoiser } = gaussianProblem();
  const before = tf.memory().numTensors;
  const start = tf.tensor([[10], [-3]]);
  const tight = { from: 10, to: 0.02, denoise: false, relativeTolerance: 1e-5, absoluteTolerance: 1e-6 };
  const end = drain(probabilityFlow(denoiser, path, start, tight));
  [10, -3].forEach((x, i) => assert.ok(Math.abs(end.dataSync()[i] - exactFlow(x, 10, 0.02)) < 3e-5));
  const back = drain(probabilityFlow(denoiser, path, end, { ...tight, from: 0.02, to: 10 }));
  [10, -3].forEach((x, i) =>
    assert.ok(Math.abs(back.dataSync()[i] - x) < 1e-3, `${back.dataSync()[i]} for ${x}`),
  );
  [start, end, back].forEach((tensor) => tensor.dispose());
  assert.equal(tf.memory().numTensors, before);
});

test("the registry says of every fixed-step solver the order measured here", () => {
  const names: Readonly<Record<string, string>> = {
    ddim: "DDIM",
    euler: "Euler",
    heun: "Heun",
    lms: "LMS 4",
    "dpm-solver-1": "DPM-Solver-1",
    "dpm-solver-2": "DPM-Solver-2",
    "dpm-solver-3": "DPM-Solver-3",
    "dpm++1": "DPM-Solver++ 1",
    "dpm++2m": "DPM-Solver++ 2M",
    "dpm++3m": "DPM-Solver++ 3M",
    unipc: "UniPC-2",
    "unipc-3": "UniPC-3",
  };
  // Measured above on evenly spaced times.
  const onEvenTimes: Readonly<Record<string, number>> = { pndm: 2, plms: 2, "flow-euler": 1, "flow-heun": 2 };
  for (const { name, order, stochastic } of samplers) {
    if (stochastic || name === "probability-flow") continue;
    const measured = onEvenTimes[name] ?? cases.find((one) => one.name === names[name])?.order;
    assert.equal(order, measured, name);
  }
});
