/** A value that is not finite stops sampling and names where it arose. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "../../../src/runtime/tf.js";
import {
  clipStatic,
  compile,
  ddim,
  ddimInversion,
  ddpm,
  flowPath,
  gaussianDenoiser,
  inpaint,
  interpolateNoise,
  linearSchedule,
  logLikelihood,
  NotFiniteError,
  partialStart,
  posterior,
  qSample,
  qStep,
  sample,
  samplers,
  trainingTarget,
  vpPath,
  type Denoiser,
} from "../../../src/index.js";
import { drain } from "./diffusers-fixture.js";
import { fastNoise, inSteps } from "./helpers.js";

const schedule = linearSchedule();
const good = tf.tensor2d([
  [1, 2],
  [3, 4],
]);
const bad = tf.tensor2d([
  [1, 2],
  [NaN, -Infinity],
]);

/** Right until its n-th answer, which is NaN in one place. */
function failing(denoiser: Denoiser, n: number): Denoiser & { times: number[] } {
  const times: number[] = [];
  return {
    times,
    path: denoiser.path,
    predicts: denoiser.predicts,
    predict: (xt, t, condition) =>
      tf.tidy(() => {
        const output = denoiser.predict(xt, t, condition);
        times.push(t.dataSync()[0]);
        if (times.length < n) return output;
        const values = output.dataSync().slice();
        values[values.length - 1] = NaN;
        return tf.tensor(values, output.shape);
      }),
  };
}

for (const entry of samplers) {
  test(`${entry.name}: a NaN of the network names the sampler, the step and t, and leaves nothing in memory`, () => {
    const path = { any: schedule, sde: vpPath(), straight: flowPath() }[entry.paths];
    const denoiser = failing(gaussianDenoiser(path, [0, 0], 0.25), entry.evaluations(6) > 1 ? 3 : 1);
    const noise = fastNoise(2);
    const xT = noise(0, [4, 2]);
    const before = tf.memory().numTensors;
    let done = 0;
    assert.throws(
      () => {
        for (const { step } of entry.run(denoiser, path, xT, { ...inSteps(entry, 6), noise, clip: clipStatic() }))
          done = step;
      },
      (error: Error) => {
        assert.ok(error instanceof NotFiniteError);
        const t = String(denoiser.times[denoiser.times.length - 1]).slice(0, 5);
        const family = entry.name.replace(/-(large|stochastic|churn)$/, "");
        assert.ok(error.message.startsWith(`${family}, step ${done + 1}`), error.message);
        assert.match(
          error.message,
          /the denoiser's output \("sample"\) at t = .* holds NaN or infinite values, 1 of 8, the first in example 3/,
        );
        assert.ok(error.message.includes(`t = ${t}`), `${error.message} should say ${t}`);
        return true;
      },
    );
    assert.equal(tf.memory().numTensors, before);
  });
}

test("a NaN is an error that says where it came from, not a black picture", async () => {
  const denoiser: Denoiser = { path: schedule, predicts: "noise", predict: (xt) => tf.mul(xt, NaN) };
  const run = sample(ddim(denoiser, schedule, good, { steps: 50, clip: clipStatic() }));
  await assert.rejects(
    run,
    /^NotFiniteError: ddim, step 1 of 50: the denoiser's output \("noise"\) at t = 1000 .* 4 of 4, .*look at the weights/,
  );
});

test("bad noise is not blamed on the network", () => {
  const denoiser = gaussianDenoiser(schedule, [0, 0], 0.25);
  const noise = (draw: number): tf.Tensor => (draw === 2 ? bad : good);
  assert.throws(
    () => drain(ddpm(denoiser, schedule, good, { steps: 5, noise })),
    /^NotFiniteError: ddpm, step 3 of 5: x_t at t = 600 holds NaN .* 2 of 4, the first in example 1: the step before it or its noise/,
  );
  assert.throws(
    () => drain(ddpm(denoiser, schedule, good, { steps: 5, noise: () => tf.ones([1, 2]) })),
    /draw 1 of the noise source has shape \[1,2\] but the state has \[2,2\]/,
  );
  const none = { steps: 5 } as Parameters<typeof ddpm>[3];
  assert.throws(
    () => drain(ddpm(denoiser, schedule, good, none)),
    /TypeError: this sampler adds noise: give it `noise`/,
  );
});

test("what is not finite is refused where it enters, by its name", () => {
  const noise = fastNoise(1);
  const denoiser = gaussianDenoiser(schedule, [0, 0], 0.25);
  const mask = tf.tensor2d([[1, 0]]);
  const doors: [string, () => unknown][] = [
    ["x0", () => qSample(schedule, bad, 10, good)],
    ["noise", () => qSample(schedule, good, 10, bad)],
    ["xPrev", () => qStep(schedule, bad, 10, good)],
    ["noise", () => qStep(schedule, good, 10, bad)],
    ["x0", () => posterior(schedule, bad, good, 10)],
    ["xt", () => posterior(schedule, good, bad, 10)],
    ["x0", () => trainingTarget(schedule, "velocity", bad, 10, good)],
    ["noise", () => trainingTarget(schedule, "noise", good, 10, bad)],
    ["x0", () => partialStart(schedule, bad, { strength: 0.5, noise })],
    ["xT", () => ddim(denoiser, schedule, bad)],
    ["x0", () => ddimInversion(denoiser, schedule, bad)],
    ["x", () => logLikelihood(denoiser, schedule, bad)],
    ["image", () => inpaint(denoiser, schedule, good, { image: bad, mask, noise })],
    ["a", () => interpolateNoise(bad, good, 0.5)],
    ["b", () => interpolateNoise(good, bad, 0.5)],
    ...samplers.map((entry): [string, () => unknown] => {
      const { name, run } = entry;
      const path = { any: schedule, sde: vpPath(), straight: flowPath() }[entry.paths];
      return [
        name === "probability-flow" ? "start" : "xT",
        () => run(denoiser, path, bad, { ...inSteps(entry, 3), noise }).next(),
      ];
    }),
  ];
  const before = tf.memory().numTensors;
  for (const [name, enter] of doors) {
    assert.throws(enter, (error: Error) => {
      assert.match(
        error.message,
        new RegExp(`^${name} holds NaN or infinite values, 2 of 4, the first in example 1: .`),
      );
      return error instanceof NotFiniteError && error instanceof RangeError;
    });
  }
  assert.equal(tf.memory().numTensors, before);
});

test("inpainting refuses an image or a mask that does not fit", () => {
  const denoiser = gaussianDenoiser(schedule, [0, 0], 0.25);
  const options = { image: good, mask: tf.tensor2d([[1, 0]]), noise: fastNoise(1) };
  assert.throws(
    () => inpaint(denoiser, schedule, good, { ...options, image: tf.ones([1, 2]) }),
    /image has shape \[1,2\] but xT has \[2,2\]/,
  );
  assert.throws(
    () => inpaint(denoiser, schedule, good, { ...options, mask: tf.ones([3]) }),
    /mask's shape \[3\] does not broadcast over the image's \[2,2\]/,
  );
  assert.throws(
    () => inpaint(denoiser, schedule, good, { ...options, mask: tf.fill([2, 2], 255) }),
    /mask must lie in 0 … 1/,
  );
  for (const missing of ["image", "mask"]) {
    assert.throws(
      () => inpaint(denoiser, schedule, good, { ...options, [missing]: undefined }),
      new RegExp(`^TypeError: inpaint needs \`${missing}\`, a tensor: .* got undefined$`),
    );
  }
});

test("a step that is compiled is not read while it is recorded, and gives what it gives uncompiled", () => {
  const denoiser: Denoiser = { path: schedule, predicts: "noise", predict: (xt) => tf.sin(xt) };
  const step = ({ x, z }: { x: tf.Tensor; z: tf.Tensor }): { out: tf.Tensor } => ({
    out: tf.add(
      drain(ddim(denoiser, schedule, qSample(schedule, x, 900, z), { times: [900, 400], finish: "last" })),
      0,
    ),
  });
  const compiled = compile(step, { name: "one step" });
  const [slow, fast] = [step({ x: good, z: good }).out, compiled({ x: good, z: good }).out];
  slow.dataSync().forEach((value, i) => assert.ok(Math.abs(value - fast.dataSync()[i]) < 1e-5 * Math.abs(value)));
  compiled.dispose();
});
