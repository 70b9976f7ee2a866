/** Times with the level of their neighbour (β = 0) change nothing: no sampler divides by the length of such a step. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import * as tf from "../../../src/runtime/tf.js";
import {
  ddimInversion,
  gaussianDenoiser,
  inpaint,
  samplers,
  scheduleFromBetas,
  timeGrid,
  type GaussianPath,
  type SamplerEntry,
  type Schedule,
} from "../../../src/index.js";
import { drain } from "./diffusers-fixture.js";
import { fastNoise, inSteps, largestDifference } from "./helpers.js";

const betas = Array.from({ length: 9 }, (_, i) => 0.05 + 0.1 * i);
const plain = scheduleFromBetas("plain", betas);

/** The schedule with steps that add no noise, or less than float32 can tell, before some of its own. */
function idling(places: readonly (readonly [number, number])[]): Schedule {
  const longer = betas.flatMap((beta, i) => [...places.filter(([at]) => at === i).map(([, idle]) => idle), beta]);
  return scheduleFromBetas("idling", longer);
}

const noise = fastNoise(3);
const xT = noise(0, [5, 2]);

function end({ run, choosesSteps }: SamplerEntry, schedule: Schedule): tf.Tensor {
  const denoiser = gaussianDenoiser(schedule, [0.3, -0.1], 0.25);
  return drain(run(denoiser, schedule, xT, { ...inSteps({ choosesSteps } as SamplerEntry, schedule.T), noise }));
}

// From the data itself any β > 0 is a step.
const place = fc.oneof(
  fc.tuple(fc.integer({ min: 0, max: 8 }), fc.constant(0)),
  fc.tuple(fc.integer({ min: 1, max: 8 }), fc.constant(1e-12)),
);
const places = fc.array(place, { minLength: 1, maxLength: 4 });

// Those for other paths never see such a schedule.
const judged = samplers.filter(({ paths, choosesSteps }) => paths === "any" && !choosesSteps);

for (const entry of judged) {
  test(`${entry.name}: what idles is passed over`, () => {
    const expected = end(entry, plain);
    fc.assert(
      fc.property(places, (described) => {
        const result = end(entry, idling(described));
        // Half way in t, where PNDM's Runge–Kutta looks, lies another level then.
        const allowed = entry.name === "pndm" ? 0.2 : 1e-4;
        assert.ok(largestDifference(result, expected) < allowed, `${result.dataSync()}`);
      }),
      { numRuns: 8, seed: 1 },
    );
  });
}

test("the grid keeps its ends, and of equal levels one time", () => {
  const schedule = scheduleFromBetas("mine", [0, 0.2, 0, 0, 0.9, 0.99, 0]);
  assert.deepEqual(timeGrid(schedule, { steps: 7 }), [7, 5, 4, 0]);
  assert.deepEqual(timeGrid(schedule, { times: [7, 6, 5, 3, 2], finish: "last" }), [7, 5, 2]);
});

test("a first time at the end of the signal, or a rounding past it, leaves the others their levels", () => {
  const trig = (T: number): GaussianPath => ({
    name: "trig",
    T,
    discrete: false,
    signal: Math.cos,
    noise: Math.sin,
    timeAt: Math.atan,
  });
  for (const past of [-1e-6, -1e-16, 0, 1e-16, 1e-6, 4e-6]) {
    const T = Math.PI / 2 + past;
    assert.deepEqual(timeGrid(trig(T), { times: [T, 1.3, 0.7] }), [T, 1.3, 0.7, 0]);
  }
});

test("inversion and inpainting pass over what idles, too", () => {
  const schedule = idling([
    [0, 0],
    [4, 0],
    [4, 0],
  ]);
  const denoiser = gaussianDenoiser(schedule, [0.3, -0.1], 0.25);
  const steps = schedule.T;
  const inverted = drain(ddimInversion(denoiser, schedule, xT, { steps }));
  assert.ok(inverted.dataSync().every(Number.isFinite));
  const mask = tf.tensor2d([[1, 0]]);
  const painted = drain(inpaint(denoiser, schedule, xT, { steps, image: xT, mask, noise }));
  assert.ok(painted.dataSync().every(Number.isFinite));
});
