/** Time grids hold the times of their papers, and warn or refuse where steps are wasted. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "../../../src/runtime/tf.js";
import {
  annealedLangevin,
  cosineSchedule,
  ddim,
  ddimInversion,
  edmPath,
  flowPath,
  gaussianDenoiser,
  heun,
  karrasLevels,
  linearSchedule,
  noiseLevel,
  noiseLevelRange,
  partialStart,
  pndm,
  reverseSde,
  timeGrid,
  vePath,
  vpPath,
  zeroTerminalSnr,
  type GaussianPath,
  type SamplerStep,
  type TimeGridOptions,
} from "../../../src/index.js";
import { drain } from "./diffusers-fixture.js";
import { fastNoise } from "./helpers.js";

test("where the variance explodes the steps are even in σ^{1/7}, down to σ(T)/40000", () => {
  assert.deepEqual(timeGrid(edmPath(), { steps: 9 }), [...karrasLevels(9, { min: 0.002, max: 80 }), 0]);
  const ve = vePath();
  const levels = timeGrid(ve, { steps: 9 }).map((t) => noiseLevel(ve, t));
  karrasLevels(9, noiseLevelRange(ve)).forEach((level, i) =>
    assert.ok(Math.abs(levels[i] / level - 1) < 1e-9, `${levels}`),
  );
  assert.deepEqual(timeGrid(edmPath(), { steps: 1 }), [80, 0]);
  assert.deepEqual(timeGrid(edmPath(), { steps: 2, spacing: "trailing" }), [80, 40, 0]);
  const vp = vpPath();
  const spaced = timeGrid(vp, { steps: 5, spacing: "karras" }).slice(0, -1);
  karrasLevels(5, noiseLevelRange(vp)).forEach((level, i) =>
    assert.ok(Math.abs(noiseLevel(vp, spaced[i]) / level - 1) < 1e-9, `${spaced}`),
  );
});

test("a grid that says the same thing twice is refused, and says which", () => {
  const bad: [TimeGridOptions, RegExp][] = [
    [{ times: [500, 100], steps: 50 }, /^times are the whole grid, but steps came with them: give one or the other$/],
    [{ times: [500, 100], levels: [5, 1], spacing: "leading" }, /^times are .* but levels and spacing came with them/],
    [{ levels: [5, 1], steps: 2 }, /^levels are the whole grid, but steps came with them/],
    [{ levels: [5, 1], spacing: "karras" }, /^levels are the whole grid, but spacing came with them/],
  ];
  for (const [options, message] of bad) {
    assert.throws(
      () => timeGrid(linearSchedule(), options),
      (error: Error) => error instanceof RangeError && message.test(error.message),
    );
  }
  assert.deepEqual(timeGrid(linearSchedule(), { times: [500, 100], steps: undefined }), [500, 100, 0]);
});

test("what is wrong with a grid is said in the caller's words", () => {
  const schedule = linearSchedule();
  assert.throws(
    () => timeGrid(schedule, { levels: [10, 1, 0] }),
    /^RangeError: levels must fall strictly within \(0, 157.* entry 2 is 0 after 1: leave out the closing 0/,
  );
  assert.throws(() => timeGrid(schedule, { levels: [1, 10] }), /^RangeError: levels .* entry 1 is 10 after 1$/);
  assert.throws(() => timeGrid(schedule, { levels: [200, 10] }), /^RangeError: levels .* entry 0 is 200$/);
  assert.throws(() => timeGrid(schedule, { times: [10, 1, 0] }), /^RangeError: times .* leave out the closing 0/);
  for (const path of [flowPath(), zeroTerminalSnr(schedule)]) {
    assert.throws(
      () => timeGrid(path, { steps: 8, spacing: "karras" }),
      /^RangeError: spacing "karras" needs a highest noise level, but σ is infinite at the end of .* give levels, for instance karrasLevels\(8, \{ min: 0\.0\S+, max: 80 \}\)$/,
    );
  }
});

test("Heun and PNDM start on the cosine schedule where σ does not fall too far at once, and warn of a grid that lets it", async () => {
  const schedule = cosineSchedule();
  const denoiser = gaussianDenoiser(schedule, [0.3], 0.25);
  const xT = fastNoise(1)(0, [2, 1]);
  for (const sampler of [heun, pndm]) {
    const first = sampler(denoiser, schedule, xT, { steps: 10 }).next().value as SamplerStep;
    assert.equal(first.t, 989);
    assert.equal((sampler(denoiser, schedule, xT, { steps: 1 }).next().value as SamplerStep).t, 1000);
  }
  const warnings = await warningsOf(() => {
    for (let k = 0; k < 2; k++) pndm(denoiser, schedule, xT, { steps: 10, spacing: "trailing" });
    heun(denoiser, schedule, xT, { steps: 10 });
    pndm(denoiser, schedule, xT, { steps: 1, spacing: "trailing" });
    const usual = linearSchedule();
    pndm(gaussianDenoiser(usual, [0.3], 0.25), usual, xT, { steps: 10, spacing: "trailing" });
  });
  assert.equal(warnings.length, 1, `${warnings}`);
  assert.match(warnings[0], /^pndm: the first step on "cosine" leads from σ = .* to 6\.\d+, too far/);
});

test("too few steps for Euler–Maruyama are warned of before the work", async () => {
  const ve = vePath();
  const denoiser = gaussianDenoiser(ve, [0.3], 0.25);
  const run = (steps: number) => reverseSde(denoiser, ve, fastNoise(1)(0, [2, 1]), { steps, noise: fastNoise(2) });
  const warnings = await warningsOf(() => [run(10), run(10), run(50)]);
  assert.equal(warnings.length, 1, `${warnings}`);
  assert.match(warnings[0], /^reverse SDE: with 10 steps the one from t = .* on "ve" is too long for Euler–Maruyama/);
});

test("too few levels for Langevin dynamics are warned of before the work", async () => {
  const given = (path: GaussianPath, options: object): Promise<string[]> => {
    const denoiser = gaussianDenoiser(path, [0.3], 0.25);
    return warningsOf(() => annealedLangevin(denoiser, path, z, { noise: fastNoise(2), ...options }));
  };
  const z = fastNoise(1)(0, [2, 1]);
  // 98 % and 110 % are the errors that errors-by-path.test.ts measures there.
  const [first] = await given(vePath(), { steps: 10 });
  assert.match(first, /^langevin: with 10 levels of 10 steps each on "ve", data of deviation 0.5 .* 98 % off/);
  assert.match((await given(edmPath(), { steps: 10 }))[0], /110 % off .*: take more levels \(steps\), or more inner/);
  assert.deepEqual(await given(edmPath(), { steps: 10 }), [], "once");
  const enough = [await given(vePath(), { steps: 20 }), await given(linearSchedule(), { steps: 10 })];
  assert.deepEqual([...enough, await given(vePath(), { steps: 10, inner: 40 })].flat(), []);
});

/** The warnings given while `run` runs. */
async function warningsOf(run: () => unknown): Promise<string[]> {
  const given: string[] = [];
  const listen = (warning: Error): void => void given.push(warning.message);
  process.on("warning", listen);
  run();
  await new Promise((resolve) => setImmediate(resolve));
  process.off("warning", listen);
  return given;
}

test("leading steps that start where x_t still shows the data are warned of, once", async () => {
  const schedule = linearSchedule();
  const denoiser = gaussianDenoiser(schedule, [1], 0.01);
  const xT = fastNoise(1)(0, [2, 1]);
  const late = { steps: 501, spacing: "leading" } as const;
  const warnings = await warningsOf(() => {
    for (let k = 0; k < 2; k++) assert.equal(timeGrid(schedule, late)[0], 501);
    ddim(denoiser, schedule, xT, late);
  });
  assert.equal(warnings.length, 1, `${warnings}`);
  assert.match(
    warnings[0],
    /^spacing "leading" with 501 steps starts "linear" at t = 501 of 1000, where the SNR is 0\.08.* Use spacing "trailing"/,
  );
  // Those of diffusers' usual counts start low enough; an image that is noised to the first time is no pure noise.
  const quiet = await warningsOf(() => {
    for (const steps of [10, 20, 50, 250, 1000]) timeGrid(schedule, { steps, spacing: "leading" });
    timeGrid(schedule, { steps: 501 });
    partialStart(schedule, xT, { steps: 502, spacing: "leading", strength: 0.5, noise: fastNoise(2) });
    tf.tidy(() => drain(ddimInversion(denoiser, schedule, xT, { steps: 3, spacing: "leading" })));
    tf.tidy(() => drain(ddimInversion(denoiser, schedule, xT, { steps: 1, spacing: "leading" })));
  });
  assert.deepEqual(quiet, []);
});
