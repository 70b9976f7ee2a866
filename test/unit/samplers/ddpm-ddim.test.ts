/** DDPM and DDIM reproduce diffusers, agree where theory says so, and refuse bad input. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "../../../src/runtime/tf.js";
import {
  clipStatic,
  ddim,
  ddpm,
  dpmSolver,
  flow,
  flowPath,
  heun,
  linearSchedule,
  lms,
  logLikelihood,
  normalNoise,
  pndm,
  probabilityFlow,
  qSample,
  reverseSde,
  sample,
  trainingTarget,
  unipc,
  vpPath,
} from "../../../src/index.js";
import { absoluteSum, drain, fixtureDenoiser, fixtureImages } from "./diffusers-fixture.js";

const schedule = linearSchedule();
const close = (actual: number, expected: number, tolerance: number, what: string): void =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${what}: ${actual}, expected ${expected} ± ${tolerance}`);

test("DDIM and DDPM reproduce diffusers on a fixture without random numbers", () => {
  const replayed = (): tf.Tensor => fixtureImages(true);
  const cases: [string, number, tf.Tensor][] = [
    [
      "ddim leading ε",
      172.0067138671875,
      drain(ddim(fixtureDenoiser("noise"), schedule, fixtureImages(), { steps: 10, spacing: "leading" })),
    ],
    [
      "ddim leading v",
      52.53020477294922,
      drain(ddim(fixtureDenoiser("velocity"), schedule, fixtureImages(), { steps: 10, spacing: "leading" })),
    ],
    [
      "ddim leading η = 1",
      354.737548828125,
      drain(
        ddim(fixtureDenoiser("noise"), schedule, fixtureImages(), {
          steps: 10,
          spacing: "leading",
          eta: 1,
          noise: replayed,
        }),
      ),
    ],
    [
      "ddpm leading",
      354.7376,
      drain(
        ddpm(fixtureDenoiser("noise"), schedule, fixtureImages(), {
          steps: 10,
          spacing: "leading",
          noise: replayed,
        }),
      ),
    ],
    [
      "ddpm 1000 steps, clipped",
      730.393799,
      drain(
        ddpm(fixtureDenoiser("noise"), schedule, fixtureImages(), {
          steps: 1000,
          clip: clipStatic(),
          noise: replayed,
        }),
      ),
    ],
  ];
  for (const [what, expected, result] of cases) close(absoluteSum(result), expected, 5e-3, what);
});

test("add_noise and get_velocity reproduce diffusers", () => {
  const [x0, noise] = [fixtureImages(), fixtureImages(true)];
  const expected: [number, number, number][] = [
    [0, 387.3161315917969, 0.00998780783265829],
    [499, 475.6307373046875, 0.9586526155471802],
    [999, 385.9285888671875, 0.9986777901649475],
  ];
  for (const [t, sum, first] of expected) {
    const xt = qSample(schedule, x0, t + 1, noise);
    close(absoluteSum(xt), sum, 5e-3, `Σ|x| at t = ${t}`);
    close(xt.dataSync()[0], first, 1e-6, `x[0] at t = ${t}`);
  }
  const velocity = trainingTarget(schedule, "velocity", x0, 500, noise);
  close(absoluteSum(velocity), 309.4322509765625, 5e-3, "Σ|v|");
  close(velocity.dataSync()[0], 0.27996912598609924, 1e-6, "v[0]");
});

test("DDIM with η = 1 is DDPM with posterior variance on the same grid", () => {
  for (const steps of [1, 7, 13]) {
    const xT = normalNoise(3)(0, [2, 5]);
    const a = drain(ddim(fixtureDenoiser("noise"), schedule, xT, { steps, eta: 1, noise: normalNoise(4) }));
    const b = drain(ddpm(fixtureDenoiser("noise"), schedule, xT, { steps, noise: normalNoise(4) }));
    close(tf.max(tf.abs(tf.sub(a, b))).dataSync()[0], 0, 1e-5 * Math.max(1, absoluteSum(b)), `${steps} steps`);
  }
});

test("a seeded sample does not change with its batch", () => {
  const of = (count: number, firstSample: number): tf.Tensor => {
    const noise = normalNoise(11, { firstSample });
    return drain(ddpm(fixtureDenoiser("velocity"), schedule, noise(0, [count, 3, 3, 1]), { steps: 7, noise }));
  };
  const [whole, single] = [of(4, 0), of(1, 2)];
  assert.deepEqual([...tf.slice(whole, 2, 1).dataSync()], [...single.dataSync()]);
});

test("no noise is asked for at the last step, and the chain visits the listed times", () => {
  const draws: number[] = [];
  const times: number[] = [];
  const noise = normalNoise(1);
  const xT = noise(0, [1, 2]);
  const sampler = ddpm(fixtureDenoiser("noise"), schedule, xT, {
    steps: 7,
    noise: (draw, shape) => {
      draws.push(draw);
      return noise(draw, shape);
    },
  });
  for (const { t } of sampler) times.push(t);
  assert.deepEqual(draws, [1, 2, 3, 4, 5, 6]);
  assert.deepEqual(times, [1000, 857, 714, 571, 429, 286, 143]);
});

test("samplers leave nothing in memory but their result, ended early or not", async () => {
  const noise = normalNoise(5);
  const xT = noise(0, [2, 4, 4, 1]);
  const before = tf.memory().numTensors;
  const make = (): ReturnType<typeof ddpm> => ddpm(fixtureDenoiser("noise"), schedule, xT, { steps: 5, noise });
  const result = await sample(make());
  assert.equal(tf.memory().numTensors, before + 1);
  result.dispose();
  const abandoned = make();
  abandoned.next();
  abandoned.next();
  abandoned.return(undefined as never);
  assert.equal(tf.memory().numTensors, before);
  const controller = new AbortController();
  const run = sample(make(), {
    signal: controller.signal,
    onStep: ({ step }) => (step === 2 ? controller.abort() : undefined),
  });
  await assert.rejects(run, { name: "AbortError" });
  assert.equal(tf.memory().numTensors, before);
  const onStep = ({ step }: { step: number }): unknown => step === 2 && process.emit("SIGINT", "SIGINT");
  await assert.rejects(sample(make(), { onStep: (step) => void onStep(step) }), { name: "InterruptedError" });
  assert.equal(tf.memory().numTensors, before);
});

test("an option that is no choice is refused, not taken for the other one", () => {
  const xT = normalNoise(1)(0, [1, 2]);
  const d = fixtureDenoiser("noise");
  const as = <T>(value: string): T => value as unknown as T;
  const noise = normalNoise(1);
  const refusals: [() => unknown, RegExp][] = [
    [
      () => ddpm(d, schedule, xT, { noise, variance: as("small") }),
      /variance must be one of posterior, beta, learned, got small/,
    ],
    [() => pndm(d, schedule, xT, { start: as("prk") }), /start must be one of runge-kutta, plms, got prk/],
    [() => unipc(d, schedule, xT, { variant: as("bh3") }), /variant must be one of bh1, bh2, got bh3/],
    [() => unipc(d, schedule, xT, { order: as("2") }), /order must be one of 1, 2, 3, got 2/],
    [() => dpmSolver(d, schedule, xT, { order: as("4") }), /order must be one of/],
    [() => lms(d, schedule, xT, { order: 5 }), /order must be one of 1, 2, 3, 4, got 5/],
    [() => flow(d, flowPath(), xT, { method: as("midpoint") }), /method must be one of euler, heun, got midpoint/],
    [() => ddim(d, schedule, xT, { finish: as("end") }), /finish of .* must be one of data, last, got end/],
    [
      () => ddim(d, schedule, xT, { spacing: as("even") }),
      /spacing must be one of leading, trailing, linspace, karras, got even/,
    ],
    [() => heun(d, schedule, xT, { churn: 1, noise, churnNoise: -1 }), /churnNoise must be ≥ 0, got -1/],
    [
      () => heun(d, schedule, xT, { churn: 1, noise, churnRange: [2, 1] }),
      /churnRange must be two rising levels, got 2,1/,
    ],
    [
      () => reverseSde(d, vpPath(), xT, { noise, corrections: 1, correctionSnr: 0 }),
      /correctionSnr must be > 0, got 0/,
    ],
    [() => probabilityFlow(d, schedule, xT, { from: 5, to: 5 }).next(), /two different times, got 5 twice/],
    [() => logLikelihood(d, schedule, xT, { priorDeviation: 0 }), /priorDeviation must be > 0, got 0/],
    [() => logLikelihood(d, schedule, xT, { trace: [tf.ones([1, 3])] }), /probe 0 has shape \[1,3\] but x has \[1,2\]/],
  ];
  for (const [call, message] of refusals) assert.throws(call, message);
});

test("bad input is refused with what was given and what is allowed", () => {
  const xT = normalNoise(1)(0, [1, 2]);
  const run = (options: Parameters<typeof ddim>[3]): unknown =>
    drain(ddim(fixtureDenoiser("noise"), schedule, xT, options));
  assert.throws(() => run({ steps: 0 }), /steps must be a whole number from 1 to 1000, got 0/);
  assert.throws(() => run({ steps: 1001 }), /got 1001/);
  assert.throws(() => run({ eta: 0.5 }), /eta = 0.5 adds noise/);
  assert.throws(() => run({ eta: 2 }), /eta must lie in 0 … 1/);
  assert.throws(() => run({ times: [10, 10] }), /entry 1 is 10 after 10/);
  assert.throws(() => drain(ddim(fixtureDenoiser("noise"), schedule, tf.tensor([[NaN, 1]]), {})), /NaN/);
});
