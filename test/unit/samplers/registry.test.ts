import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "../../../src/tf.js";
import {
  flowPath,
  gaussianDenoiser,
  linearSchedule,
  samplerNamed,
  samplers,
  vpPath,
  type SamplerEntry,
} from "../../../src/index.js";
import { drain } from "./diffusers-fixture.js";
import { counting, fastNoise, largestDifference } from "./helpers.js";

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
    const result = drain(entry.run(denoiser, path, xT, { steps, noise: fastNoise(2) }));
    assert.equal(tf.memory().numTensors, before + 1);
    const shown = denoiser.calls;
    if (Number.isFinite(entry.evaluations(steps))) assert.equal(shown, entry.evaluations(steps));
    const { mean, variance } = tf.moments(result, 0);
    [0.5, -0.2].forEach((expected, i) =>
      assert.ok(Math.abs(mean.dataSync()[i] - expected) < 0.35, `mean ${mean.dataSync()}`),
    );
    variance.dataSync().forEach((value) => assert.ok(value < 0.6, `variance ${value}`));
    if (!entry.stochastic) {
      const again = drain(entry.run(denoiser, path, xT, { steps, noise: fastNoise(99) }));
      assert.equal(largestDifference(result, again), 0, "a deterministic sampler must not use its noise");
    }
  });

  test(`${entry.name}: an abandoned run frees everything`, () => {
    const { path, denoiser, xT } = problem(entry);
    const before = tf.memory().numTensors;
    const run = entry.run(denoiser, path, xT, { steps: 12, noise: fastNoise(2) });
    run.next();
    if (entry.evaluations(12) > 1) run.next();
    run.return(undefined as never);
    assert.equal(tf.memory().numTensors, before);
  });
}

test("names are unique, and an unknown one lists those there are", () => {
  assert.equal(new Set(samplers.map(({ name }) => name)).size, samplers.length);
  assert.equal(samplerNamed("heun").order, 2);
  assert.throws(() => samplerNamed("hein"), /no sampler "hein": use one of consistency, ddim, /);
});
