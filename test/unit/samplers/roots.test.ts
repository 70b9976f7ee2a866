/** No sampler takes the root of a difference that rounding makes negative. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import * as tf from "../../../src/runtime/tf.js";
import {
  ddim,
  ddpm,
  eulerAncestral,
  gaussianDenoiser,
  heun,
  levelAt,
  linearSchedule,
  normalNoise,
  scheduleFromBetas,
} from "../../../src/index.js";
import { addedVariance, posteriorCoefficients } from "../../../src/diffusion/posterior.js";
import { drain } from "./diffusers-fixture.js";

test("Euler's ancestral step from σ = 4e7 to 0.01 ends where σ_down = σ'²/σ leads", () => {
  const path = linearSchedule({ T: 1000, betaEnd: 0.07 });
  const noise = normalNoise(0);
  const options = { steps: 2, spacing: "karras", noise } as const;
  const end = drain(eulerAncestral(gaussianDenoiser(path, [0], 1), path, noise(0, [2, 1]), options)).dataSync();
  [0.01232, -0.00436].forEach((expected, i) => assert.ok(Math.abs(end[i] - expected) < 1e-5, `${end}`));
});

const betas = fc.array(fc.double({ min: 1e-12, max: 0.999, noNaN: true }), { minLength: 3, maxLength: 40 });
const share = fc.double({ min: 0, max: 1, noNaN: true });

test("noise is finite on any schedule, at any two times and any η", () => {
  fc.assert(
    fc.property(betas, share, share, share, (list, early, late, eta) => {
      const path = scheduleFromBetas("random", list);
      const [s, t] = [early, late].map((u) => 1 + u * (path.T - 1)).sort((a, b) => a - b);
      fc.pre(s < t);
      const [from, to] = [levelAt(path, s), levelAt(path, t)];
      assert.ok(addedVariance(from, to) >= 0);
      assert.ok(posteriorCoefficients(from, to).variance >= 0);
      tf.tidy(() => {
        const denoiser = gaussianDenoiser(path, [0.2], 0.25);
        const noise = normalNoise(1);
        const xT = noise(0, [2, 1]);
        const options = { times: [t, s], noise };
        for (const run of [
          ddim(denoiser, path, xT, { ...options, eta }),
          eulerAncestral(denoiser, path, xT, { ...options, eta }),
          ddpm(denoiser, path, xT, options),
          heun(denoiser, path, xT, { ...options, churn: 10 * eta }),
        ])
          assert.ok(drain(run).dataSync().every(Number.isFinite));
      });
    }),
    { numRuns: 60 },
  );
});
