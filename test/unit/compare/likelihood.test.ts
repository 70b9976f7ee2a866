/** Likelihoods of the study against known densities: digits by the ODE, on Gaussian data; what is of grey levels and what not. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { flowLikelihood } from "../../../src/compare/methods/diffusion-likelihood.js";
import { methods } from "../../../src/compare/methods/list.js";
import { problemNamed } from "../../../src/compare/problem.js";
import { gaussianDenoiser, linearSchedule } from "../../../src/diffusion/index.js";
import { RandomStream } from "../../../src/random/index.js";
import * as tf from "../../../src/runtime/tf.js";

test("digits: the density of Gaussian data, dequantised, to a hundredth of a bit a dimension", async () => {
  const path = linearSchedule({ T: 1000 });
  const [deviation, size, count] = [0.4, 36, 8];
  const exact = {
    ...gaussianDenoiser(path, new Array<number>(size).fill(0), deviation ** 2),
    dispose: () => undefined,
  };
  const likelihood = flowLikelihood("digits", () => exact, path);
  assert.equal(likelihood.of, "grey levels");
  const x = tf.tensor(
    new RandomStream(1, "data").normals(count * size).map((z) => deviation * z),
    [count, 6, 6, 1],
  );
  const before = tf.memory().numTensors;
  const found = await likelihood.logLikelihood(x);
  assert.equal(tf.memory().numTensors, before);
  // x_1 ~ N(0, a²s² + b²), and noise as wide as a level adds (2/255)²/12 to the squares, in the mean.
  const variance = (path.signal(1) * deviation) ** 2 + path.noise(1) ** 2;
  const values = Float64Array.from(x.dataSync());
  for (let i = 0; i < count; i++) {
    const own = values.subarray(i * size, (i + 1) * size);
    const squares = own.reduce((sum, value) => sum + value * value, 0) + (size * (2 / 255) ** 2) / 12;
    const known = -squares / (2 * variance) - (size / 2) * Math.log(2 * Math.PI * variance);
    assert.ok(Math.abs(found[i] - known) / (size * Math.LN2) < 0.01, `example ${i}: ${found[i]}, known ${known}`);
  }
  const again = await likelihood.logLikelihood(x);
  assert.deepEqual(again, found, "noise and probes are the same each time");
  x.dispose();
});

test("bits a dimension are asked of what gives grey levels a probability: flow and diffusion", () => {
  const of = (name: string, problem: string): string | undefined => {
    const run = methods.find((method) => method.name === name)!.begin(problemNamed(problem), { seed: 0 });
    const found = run.likelihood?.of;
    run.dispose();
    return found;
  };
  for (const [name, digits, points] of [
    ["vae", "numbers", "numbers"],
    ["gan", undefined, undefined],
    ["flow", "grey levels", "numbers"],
    ["diffusion", "grey levels", "numbers"],
  ] as const) {
    assert.deepEqual([of(name, "digits"), of(name, "ring")], [digits, points], name);
  }
  for (const { likelihood, family } of methods) assert.equal(likelihood.points === null, family === "gan");
});
