/** Every registered sampler keeps its promises: evaluations, memory, independence of the batch. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "../../../src/runtime/tf.js";
import {
  flowPath,
  gaussianDenoiser,
  linearSchedule,
  mixtureDenoiser,
  normalNoise,
  samplerNamed,
  samplers,
  vpPath,
  type NoiseSource,
  type SamplerEntry,
} from "../../../src/index.js";
import { drain } from "./diffusers-fixture.js";
import { counting, fastNoise, inSteps, largestDifference } from "./helpers.js";

const problem = (entry: SamplerEntry) => {
  const path = { any: linearSchedule(), sde: vpPath(), straight: flowPath() }[entry.paths];
  const denoiser = counting(gaussianDenoiser(path, [0.5, -0.2], 0.25));
  return { path, denoiser, xT: fastNoise(1)(0, [64, 2]) };
};

for (const entry of samplers) {
  test(`${entry.name}: evaluations as registered, data-like samples, nothing left in memory`, () => {
    const { path, denoiser, xT } = problem(entry);
    const before = tf.memory().numTensors;
    const steps = 12;
    const result = drain(entry.run(denoiser, path, xT, { ...inSteps(entry, steps), noise: fastNoise(2) }));
    assert.equal(tf.memory().numTensors, before + 1);
    const shown = denoiser.calls;
    if (Number.isFinite(entry.evaluations(steps))) assert.equal(shown, entry.evaluations(steps));
    const { mean, variance } = tf.moments(result, 0);
    [0.5, -0.2].forEach((expected, i) =>
      assert.ok(Math.abs(mean.dataSync()[i] - expected) < 0.35, `mean ${mean.dataSync()}`),
    );
    variance.dataSync().forEach((value) => assert.ok(value < 0.6, `variance ${value}`));
    if (!entry.stochastic) {
      const again = drain(entry.run(denoiser, path, xT, { ...inSteps(entry, steps), noise: fastNoise(99) }));
      assert.equal(largestDifference(result, again), 0, "a deterministic sampler must not use its noise");
    }
  });

  test(`${entry.name}: a sample does not depend on the batch it is drawn in`, () => {
    const { path } = problem(entry);
    const denoiser = mixtureDenoiser(path, {
      means: [
        [-1, 0.3],
        [0.7, 2],
      ],
      covariances: [0.01, 0.2],
    });
    const draw = (first: number, count: number): tf.Tensor => {
      const noise = normalNoise(5, { firstSample: first });
      const xT = noise(0, [count, 2]);
      return drain(entry.run(denoiser, path, xT, { ...inSteps(entry, 6), noise }));
    };
    const difference = largestDifference(draw(0, 5), tf.concat([draw(0, 2), draw(2, 1), draw(3, 2)]));
    // The adaptive solver's steps are those of the worst example: its samples differ within its tolerance of 1e-5 a step.
    const allowed = Number.isFinite(entry.evaluations(6)) ? 1e-5 : 1e-3;
    assert.ok(difference < allowed, `differs by ${difference}`);
  });

  test(`${entry.name}: an abandoned run frees everything`, () => {
    const { path, denoiser, xT } = problem(entry);
    const before = tf.memory().numTensors;
    const run = entry.run(denoiser, path, xT, { ...inSteps(entry, 12), noise: fastNoise(2) });
    run.next();
    if (entry.evaluations(12) > 1) run.next();
    run.return(undefined as never);
    assert.equal(tf.memory().numTensors, before);
  });
}

for (const entry of samplers.filter(({ stochastic }) => stochastic)) {
  test(`${entry.name}: no noise is left of the last step`, () => {
    const { path, denoiser, xT } = problem(entry);
    let drawn = 0;
    const noise: NoiseSource = (draw, shape) => {
      drawn++;
      return fastNoise(2)(draw, shape);
    };
    const run = entry.run(denoiser, path, xT, { ...inSteps(entry, 5), noise });
    let [last, estimate] = [0, tf.zerosLike(xT)];
    let step = run.next();
    for (; !step.done; step = run.next()) {
      [last, drawn] = [drawn, 0];
      estimate = step.value.x0.clone();
    }
    assert.equal(drawn, 0);
    // Either none was drawn in it, or the result is the estimate made after the last of it.
    assert.ok(last === 0 || largestDifference(step.value, estimate) < 1e-6, `${last} draws in the last step`);
  });
}

test("names are unique, and an unknown one lists those there are", () => {
  assert.equal(new Set(samplers.map(({ name }) => name)).size, samplers.length);
  assert.equal(samplerNamed("heun").order, 2);
  const orderless = samplers.filter(({ order }) => order === null);
  assert.ok(orderless.length >= 3);
  assert.deepEqual(orderless, samplers.slice(-orderless.length), "those without an order come last");
  assert.throws(() => samplerNamed("hein"), /no sampler "hein": use one of ddim, ddim-stochastic, /);
});

test("those that choose their steps refuse to be told, and say so", () => {
  const own = samplers.filter(({ choosesSteps }) => choosesSteps);
  for (const name of ["consistency", "probability-flow"]) assert.ok(own.includes(samplerNamed(name)), name);
  for (const entry of own) {
    const { path, denoiser, xT } = problem(entry);
    const wanted: [object, string][] = [
      [{ steps: 50 }, "steps"],
      [{ levels: [5, 1], finish: "last" }, "levels and finish"],
      [{ times: [500] }, "times"],
    ];
    for (const [options, named] of wanted) {
      assert.throws(() => entry.run(denoiser, path, xT, { ...options, noise: fastNoise(2) }), {
        name: "RangeError",
        message: `"${entry.name}" chooses its steps itself: leave out ${named}`,
      });
    }
  }
});
