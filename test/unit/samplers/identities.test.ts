/** Samplers that theory calls equal give equal numbers. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import * as tf from "../../../src/runtime/tf.js";
import {
  annealedLangevin,
  classifierGuided,
  clipDynamic,
  clipStatic,
  convertPrediction,
  cosineSchedule,
  ddim,
  ddimInversion,
  ddpm,
  denoiserOnPath,
  dormandPrince,
  dpmSolver,
  dpmSolverPlusPlus,
  edmPath,
  euler,
  eulerAncestral,
  flow,
  flowPath,
  gaussianDenoiser,
  guided,
  inpaint,
  linearSchedule,
  mixtureDenoiser,
  noiseLevel,
  predictions,
  qSample,
  respace,
  respacedDenoiser,
  runOnAnyPath,
  samplerNamed,
  samplers,
  shiftTimes,
  timeGrid,
  unipc,
  variationalBound,
  vpPath,
  zeroTerminalSnr,
  type Denoiser,
  type GaussianPath,
  type LearnedVarianceDenoiser,
  type Prediction,
  type Spacing,
} from "../../../src/index.js";
import { build, grids, runs, schedules } from "./any-schedule.js";
import { drain } from "./diffusers-fixture.js";
import { fastNoise, largestDifference } from "./helpers.js";

const shapes = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 4 }));
const seeds = fc.integer({ min: 0, max: 1e6 });

const mixture = (path: GaussianPath, d: number): Denoiser =>
  mixtureDenoiser(path, {
    weights: [1, 2],
    means: [new Array<number>(d).fill(-1), new Array<number>(d).fill(0.7)],
    covariances: [0.1, 0.3],
  });

/** The same denoiser, answering with another prediction. */
function answering(denoiser: Denoiser, path: GaussianPath, predicts: Prediction): Denoiser {
  return {
    path,
    predicts,
    predict: (xt, t) =>
      convertPrediction(
        path,
        denoiser.predicts,
        predicts,
        denoiser.predict(xt, t),
        xt,
        Float32Array.from(t.dataSync()),
      ),
  };
}

const same = (a: tf.Tensor, b: tf.Tensor, what: string, tolerance = 2e-4): void =>
  assert.ok(largestDifference(a, b) <= tolerance, `${what}: differs by ${largestDifference(a, b)}`);

/** Dividing by a, samplers subtract numbers of the size of σ = b/a: float32 leaves about 1e-6·σ_max of that. */
function roundingInSigma(path: GaussianPath, grid: { steps: number; spacing: Spacing }): number {
  return 2e-4 + 1e-6 * noiseLevel(path, timeGrid(path, grid)[0]);
}

test("the first-order methods are one: DDIM = Euler in σ = DPM-Solver-1 = DPM-Solver++ 1", () => {
  fc.assert(
    fc.property(schedules, grids, shapes, seeds, (described, grid, shape, seed) => {
      const schedule = build(described);
      const denoiser = mixture(schedule, shape[1]);
      const xT = fastNoise(seed)(0, shape);
      const reference = drain(ddim(denoiser, schedule, xT, grid));
      same(drain(euler(denoiser, schedule, xT, grid)), reference, "Euler", roundingInSigma(schedule, grid));
      same(
        drain(dpmSolver(denoiser, schedule, xT, { ...grid, order: 1 })),
        reference,
        "DPM-Solver-1",
        roundingInSigma(schedule, grid),
      );
      same(drain(dpmSolverPlusPlus(denoiser, schedule, xT, { ...grid, order: 1 })), reference, "DPM-Solver++ 1");
    }),
    runs,
  );
});

test("with the same noise DDPM = DDIM (η = 1) = Euler-ancestral, and η is one scale in both", () => {
  fc.assert(
    fc.property(
      schedules,
      grids,
      shapes,
      seeds,
      fc.double({ min: 0, max: 1, noNaN: true }),
      (described, grid, shape, seed, eta) => {
        const schedule = build(described);
        const denoiser = mixture(schedule, shape[1]);
        const noise = fastNoise(seed);
        const xT = noise(0, shape);
        const reference = drain(ddpm(denoiser, schedule, xT, { ...grid, noise }));
        same(drain(ddim(denoiser, schedule, xT, { ...grid, noise, eta: 1 })), reference, "DDIM");
        const tolerance = roundingInSigma(schedule, grid);
        same(
          drain(eulerAncestral(denoiser, schedule, xT, { ...grid, noise })),
          reference,
          "Euler-ancestral",
          tolerance,
        );
        const partly = drain(ddim(denoiser, schedule, xT, { ...grid, noise, eta }));
        same(drain(eulerAncestral(denoiser, schedule, xT, { ...grid, noise, eta })), partly, `η = ${eta}`, tolerance);
      },
    ),
    runs,
  );
});

test("a respaced process keeps its parent's ᾱ's, and running it in full is running the parent on that grid", () => {
  fc.assert(
    fc.property(schedules, grids, shapes, seeds, (described, grid, shape, seed) => {
      const schedule = build(described);
      const times = timeGrid(schedule, grid);
      const child = respace(schedule, times);
      assert.equal(child.T, times.length - 1);
      child.parentTimes.forEach((t, i) => assert.equal(child.alphaBar[i], schedule.alphaBar[t]));
      const noise = fastNoise(seed);
      const xT = noise(0, shape);
      const denoiser = mixture(schedule, shape[1]);
      const onParent = drain(ddpm(denoiser, schedule, xT, { ...grid, noise }));
      const inFull = drain(ddpm(respacedDenoiser(denoiser, child), child, xT, { steps: child.T, noise }));
      same(inFull, onParent, "respaced DDPM");
    }),
    runs,
  );
});

test("on random schedules UniPC does not care what the network predicts", () => {
  fc.assert(
    fc.property(schedules, grids, seeds, fc.constantFrom(...predictions), (described, grid, seed, predicts) => {
      const path = build(described);
      const denoiser = mixture(path, 2);
      const xT = fastNoise(seed)(0, [2, 2]);
      const other = answering(denoiser, path, predicts);
      const times = timeGrid(path, grid).filter((t) => t > 0 && noiseLevel(path, t) < 200);
      fc.pre(times.length > 0);
      // Where the signal is 1/200 of the noise, ε carries x̂_0 with 200 times float32's rounding.
      same(drain(unipc(other, path, xT, { times })), drain(unipc(denoiser, path, xT, { times })), predicts, 5e-3);
    }),
    runs,
  );
});

type RunWith = (denoiser: Denoiser) => tf.Tensor;

const withAnyPrediction: readonly [string, GaussianPath, RunWith][] = [
  ...samplers.map(({ name, paths, run, choosesSteps }): [string, GaussianPath, RunWith] => {
    const path = { any: linearSchedule(), sde: vpPath(), straight: flowPath() }[paths];
    const times = [0.8, 0.6, 0.5, 0.35, 0.2, 0.1].map((share) => share * path.T);
    const noise = fastNoise(5);
    // Those that choose their own times: probability-flow starts at 0.8·T too, consistency takes its one step.
    const from = name === "probability-flow" ? { from: times[0] } : {};
    const options = choosesSteps ? { ...from, noise } : { times, noise };
    return [name, path, (denoiser) => drain(run(denoiser, path, fastNoise(4)(0, [3, 2]), options))];
  }),
  ...[linearSchedule()].flatMap((path): [string, GaussianPath, RunWith][] => {
    const image = fastNoise(4)(0, [3, 2]);
    const grid = { times: [800, 600, 400, 200, 100] };
    const editing = {
      ...grid,
      image,
      mask: tf.tensor2d([[1, 0]]),
      jump: 2,
      resamples: 2,
      noise: fastNoise(6),
    };
    return [
      ["ddim-inversion", path, (denoiser) => drain(ddimInversion(denoiser, path, image, { ...grid, iterations: 2 }))],
      ["inpaint", path, (denoiser) => drain(inpaint(denoiser, path, fastNoise(7)(0, [3, 2]), editing))],
    ];
  }),
];

for (const [name, path, run] of withAnyPrediction) {
  test(`${name} does not care what the network predicts`, () => {
    const denoiser = mixture(path, 2);
    const reference = run(denoiser);
    for (const predicts of predictions) same(run(answering(denoiser, path, predicts)), reference, predicts, 2e-3);
  });
}

test("an Euler step of flow matching is DDIM's on the straight path", () => {
  const path = flowPath();
  const denoiser = mixture(path, 2);
  const xT = fastNoise(1)(0, [3, 2]);
  assert.throws(() => shiftTimes([0.5, 2], 3), /lie in 0 … 1, got 2/);
  assert.throws(() => shiftTimes([0.5], Infinity), /shift must be finite and > 0, got Infinity/);
  const times = shiftTimes(timeGrid(path, { steps: 9 }).slice(0, -1), 3);
  same(drain(flow(denoiser, path, xT, { times })), drain(ddim(denoiser, path, xT, { times })), "flow Euler");
});

test("DDIM inversion with a few passes comes back to where it started", () => {
  const schedule = linearSchedule();
  const denoiser = mixture(schedule, 2);
  const x0 = tf.tensor2d([
    [-1.1, -0.9],
    [0.8, 0.2],
  ]);
  const errors = [1, 8].map((iterations) => {
    const latent = drain(ddimInversion(denoiser, schedule, x0, { steps: 50, iterations }));
    return largestDifference(drain(ddim(denoiser, schedule, latent, { steps: 50 })), x0);
  });
  assert.ok(errors[1] < 0.02 && errors[1] < errors[0] / 3, `round-trip errors ${errors}`);
});

test("zero terminal SNR: v and x_0 sample from t = T, ε is refused, σ samplers say what to use", () => {
  const schedule = zeroTerminalSnr(linearSchedule());
  const denoiser = mixture(schedule, 2);
  const xT = fastNoise(3)(0, [4, 2]);
  for (const predicts of ["sample", "velocity"] as const) {
    const result = drain(ddim(answering(denoiser, schedule, predicts), schedule, xT, { steps: 10 }));
    assert.ok(result.dataSync().every(Number.isFinite));
  }
  const noisy: Denoiser = { path: schedule, predicts: "noise", predict: (xt) => xt.clone() };
  assert.throws(() => drain(ddim(noisy, schedule, xT, { steps: 10 })), /zero terminal SNR/);
  const reference = drain(ddim(denoiser, schedule, xT, { steps: 10 }));
  same(drain(dpmSolverPlusPlus(denoiser, schedule, xT, { steps: 10, order: 1 })), reference, "DPM-Solver++ 1");
  const flowsEnd = drain(ddim(denoiser, schedule, xT, { steps: 500 }));
  for (const order of [1, 2, 3] as const) {
    for (const run of [
      () => dpmSolverPlusPlus(denoiser, schedule, xT, { steps: 60, order }),
      () => unipc(denoiser, schedule, xT, { steps: 60, order }),
      () => unipc(denoiser, schedule, xT, { steps: 60, order, variant: "bh1" }),
    ]) {
      const near = largestDifference(drain(run()), flowsEnd);
      assert.ok(near < 0.08, `order ${order}: ${near} from the flow's end`);
    }
  }
  assert.throws(() => drain(dpmSolver(denoiser, schedule, xT, { steps: 10 })), /σ is infinite there/);
  assert.throws(
    () => drain(euler(denoiser, schedule, xT, { steps: 10 })),
    /σ is infinite there; use ddim or DPM-Solver\+\+/,
  );
});

test("clipping bounds x̂_0 and derives ε̂ again, so that x_t = a·x̂_0 + b·ε̂ still holds", () => {
  const schedule = linearSchedule();
  const overshooting: Denoiser = { path: schedule, predicts: "noise", predict: (xt) => tf.mul(xt, -3) };
  const xT = fastNoise(8)(0, [2, 5]);
  for (const clip of [clipStatic(), clipDynamic({ percentile: 0.9 })]) {
    for (const { x0, xt, t } of ddim(overshooting, schedule, xT, { steps: 6, clip })) {
      assert.ok(tf.max(tf.abs(x0)).dataSync()[0] <= 1 + 1e-6);
      assert.ok(xt.dataSync().every(Number.isFinite) && t > 0);
    }
    const x = drain(ddim(overshooting, schedule, xT, { times: [500, 400], finish: "last", clip }));
    const x0 = clip(tf.div(tf.sub(xT, tf.mul(tf.mul(xT, -3), schedule.noise(500))), schedule.signal(500)));
    const noise = tf.div(tf.sub(xT, tf.mul(x0, schedule.signal(500))), schedule.noise(500));
    same(x, qSample(schedule, x0, 400, noise), "step with ε̂ derived again", 1e-5);
  }
});

test("dynamic thresholding divides by the percentile, static does not", () => {
  const x = tf.tensor2d([
    [-4, -1, 0, 1, 2],
    [0.1, 0.2, 0.3, 0.4, 0.5],
  ]);
  // |x| sorted: 0 1 1 2 4; the 0.75 quantile is 2, the second row stays.
  const result = Array.from(clipDynamic({ percentile: 0.75 })(x).dataSync());
  [-1, -0.5, 0, 0.5, 1, 0.1, 0.2, 0.3, 0.4, 0.5].forEach((value, i) =>
    assert.ok(Math.abs(result[i] - value) < 1e-6, `${result}`),
  );
  assert.deepEqual(Array.from(clipStatic(2)(x).dataSync()).slice(0, 5), [-2, -1, 0, 1, 2]);
});

test("a path that the denoiser was not made for is refused, whatever stands between", () => {
  const own = linearSchedule();
  const denoiser: LearnedVarianceDenoiser = {
    path: own,
    predicts: "noise",
    predict: (x) => tf.zerosLike(x),
    predictWithVariance: (x) => ({ output: tf.zerosLike(x), fraction: tf.zerosLike(x) }),
  };
  const [path, xT, noise] = [vpPath(), tf.zeros([1, 2]), fastNoise(1)];
  const refused =
    /made for the path "linear" with T = 1000, not for "vp" with T = 1: .* denoiserOnPath\(denoiser, path\)/;
  const steered = classifierGuided(denoiser, (x) => tf.sum(x, 1) as tf.Tensor1D);
  const wrapped = guided(denoiser, { guidanceScale: 2, unconditional: {} });
  assert.throws(() => drain(ddpm(denoiser, path, xT, { steps: 2, noise, variance: "learned" })), refused);
  assert.throws(() => drain(ddim(steered, path, xT, { steps: 2 })), refused);
  assert.throws(() => drain(ddim(wrapped, path, xT, { steps: 2, condition: {} })), refused);
  assert.throws(() => runOnAnyPath(samplerNamed("ddim"), denoiser, path, xT, { steps: 2, noise }), refused);
  assert.throws(() => variationalBound(denoiser, cosineSchedule(), xT, { noise }), /not for "cosine" with T = 1000/);
  assert.throws(() => respacedDenoiser(denoiser, respace(cosineSchedule(), [500, 1000])), /not for "cosine"/);
  const child = respace(own, [500, 1000]);
  assert.throws(() => drain(ddim(respacedDenoiser(denoiser, child), own, xT, { steps: 2 })), /not for "linear"/);
  drain(ddim(respacedDenoiser(denoiser, child), child, xT, { steps: 2 }));
  drain(ddim(denoiserOnPath(denoiser, path), path, xT, { steps: 2 }));
  // The same numbers made anew are the same path; the same name with other numbers is not.
  drain(ddim(denoiser, linearSchedule(), xT, { steps: 2 }));
  assert.throws(() => drain(ddim(denoiser, linearSchedule({ betaEnd: 0.03 }), xT, { steps: 2 })), /not for "linear"/);
});

test("what a sampler cannot do it refuses by name: a straight path in other units, Langevin's last level, a blind classifier", () => {
  const straight = flowPath();
  const inMilliseconds: GaussianPath = {
    ...straight,
    name: "slow",
    T: 1000,
    signal: (t) => straight.signal(t / 1000),
    noise: (t) => straight.noise(t / 1000),
    timeAt: (level) => 1000 * straight.timeAt(level),
  };
  const denoiser: Denoiser = { path: straight, predicts: "flow", predict: (x) => tf.zerosLike(x) };
  const xT = tf.zeros([1, 2]);
  assert.throws(() => flow(denoiser, inMilliseconds, xT, { steps: 2 }), /"slow" is not the straight path/);
  const levels = { levels: [10, 1, 0.1], finish: "last", noise: fastNoise(1) } as const;
  assert.throws(
    () => annealedLangevin(gaussianDenoiser(edmPath(), [0, 0], 1), edmPath(), xT, levels),
    /finish "last" would give the noise of the level before/,
  );
  const steered = classifierGuided(denoiser, (x) => tf.sum(x, 1) as tf.Tensor1D);
  assert.throws(
    () => drain(ddim(steered, straight, xT, { steps: 2 })),
    /at t = 1 no signal is left of "flow" for a classifier to see/,
  );
});

test("y' = y is solved to e, and the start stays the caller's", () => {
  const y0 = tf.tensor2d([[1], [2]]);
  const solver = dormandPrince((y) => y, y0, 0, 1, { relativeTolerance: 1e-6, absoluteTolerance: 1e-8 });
  let last = solver.next();
  while (!last.done) last = solver.next();
  const [one, two] = last.value.dataSync();
  assert.ok(Math.abs(one / Math.E - 1) < 1e-5 && Math.abs(two / (2 * Math.E) - 1) < 1e-5, `${one}, ${two}`);
  assert.deepEqual([...y0.dataSync()], [1, 2]);
});
